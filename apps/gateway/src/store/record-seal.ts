import { createKeyedHash, type HashKeys } from "../keyed-hash.ts";
import type { Claim } from "./claim-store.ts";

/**
 * Ties a record to its claim's name, to what was asked and to our keys: whoever
 * can write to the store but has no key can't make up an answer such as
 * `verified: true`, nor move one to another request_id or another user.
 */
export interface RecordSeal {
  seal(claim: Claim, record: string): string;
  /** The record; undefined where nobody with one of our keys sealed it for this claim. */
  open(claim: Claim, sealed: string): string | undefined;
}

export function createRecordSeal(keys: HashKeys): RecordSeal {
  const hash = createKeyedHash(keys, "claim record");
  return {
    seal({ names: [{ name, payload }] }, record) {
      const [mark] = hash(name, payload, record);
      return `${mark}.${record}`;
    },
    open({ names }, sealed) {
      const dot = sealed.indexOf(".");
      const [mark, record] = [sealed.slice(0, dot), sealed.slice(dot + 1)];
      return names.some(({ name, payload }) => hash(name, payload, record).includes(mark)) ? record : undefined;
    },
  };
}
