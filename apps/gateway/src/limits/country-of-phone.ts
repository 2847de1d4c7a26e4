import { parsePhoneNumberFromString } from "libphonenumber-js/min";

/** What stands for the country of a phone that belongs to none, or that is not known. */
export const unknownCountry = "unknown";

/**
 * The country of a phone number in E.164, as ISO 3166-1 alpha-2; `unknown` for
 * numbers of no country, such as those of satellites, and for what is none. Of
 * countries that share a calling code, the one whose numbering plan it fits.
 */
export function countryOfPhone(phoneNumber: string): string {
  return parsePhoneNumberFromString(phoneNumber)?.country ?? unknownCountry;
}
