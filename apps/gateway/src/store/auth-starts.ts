import type { Eventual } from "@verigate/call";

/**
 * The latest start of each user's authentication, until it is taken or dropped.
 * Only figures are made of it: what fails loses one of them, and nothing else.
 *
 * `key` stands for a user, `token` for one start; neither tells who or when.
 */
export interface AuthStarts {
  /** Notes a start, instead of an earlier one of the same user. */
  put(key: string, token: string): Promise<void>;
  /** Takes it out: how long ago it was, in milliseconds; undefined where there is none. */
  take(key: string): Eventual<number | undefined>;
  /** Takes it out where it is still this one, and says whether it was. */
  drop(key: string, token: string): Promise<boolean>;
}
