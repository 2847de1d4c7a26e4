import { parsePhoneNumberFromString } from "libphonenumber-js/min";

/** What stands for the country of a phone that belongs to none, or that is not known. */
export const unknownCountry = "unknown";

export interface Phone {
  /** In E.164, spelled in the one way that reaches it. */
  readonly number: string;
  /**
   * Its country, as ISO 3166-1 alpha-2; `unknown` for numbers of no country, such
   * as those of satellites, and for what is none. Of countries that share a calling
   * code, the one whose numbering plan it fits.
   */
  readonly country: string;
}

/**
 * The phone that a number reaches. `+4407911123456` has the 0 that is dialled
 * within the country, and is the same phone as `+447911123456`. What is no number
 * stays as it is.
 */
export function phoneFromNumber(phoneNumber: string): Phone {
  const parsed = parsePhoneNumberFromString(phoneNumber);
  return { number: parsed?.number ?? phoneNumber, country: parsed?.country ?? unknownCountry };
}
