/** What one call claims: the right to run the operation of a request_id. */
export interface Claim {
  /**
   * Names of the request_id, and hashes of what was asked: one pair for each
   * hash key, the writing one first. What is found under any name counts; what
   * is new is written under the first.
   */
  readonly names: readonly [ClaimName, ...ClaimName[]];
  /** Tells this call from every other. A store call that is repeated with it changes nothing more. */
  readonly owner: string;
  /** How long what is written is kept, in milliseconds. The same for all claims of a name. */
  readonly keptMs: number;
  /** Who asks, because one caller gets no more than a share of a memory that is bounded. The same for all claims of a name. */
  readonly caller: string;
}

/**
 * So often a name may be asked for with another payload than it is known for. Then
 * nothing is told under it any more: whoever has come by a request_id could find
 * out what was asked, such as a phone number, by trying.
 */
export const mismatchesMax = 5;

export interface ClaimName {
  readonly name: string;
  readonly payload: string;
}

export type ClaimResult =
  /** The caller has the claim: it must run, and settle or release. */
  | { readonly kind: "claimed" }
  /** Somebody else has it, and may still settle or release. */
  | { readonly kind: "running" }
  /** This was recorded, `ageMs` ago. */
  | { readonly kind: "settled"; readonly record: string; readonly ageMs: number }
  /** Whoever had it did not settle within its lease, or what is written there can't be read. It stays so. */
  | { readonly kind: "lapsed" }
  /** The name is known for another payload. */
  | { readonly kind: "other-payload" }
  /** The name was asked for with other payloads `mismatchesMax` times. It stays so for its window, whatever is asked. */
  | { readonly kind: "barred" }
  /** There is no room for another name of this caller. What is kept is never evicted to make some. */
  | { readonly kind: "full" };

/**
 * Who runs a request_id, and what came of it.
 *
 * Each call is one atomic step, and one round trip where the store is remote, or
 * two for a claim that replicas must have too; time is the store's own. Each may
 * be repeated with the same owner. Each throws where the store can't be asked, or
 * does not hold a claim safely, in time; it may have been carried out then.
 *
 * There is no call that waits: whoever finds a name `running` claims again after
 * a moment, which is safe for ever, across connections and processes.
 */
export interface ClaimStore {
  /** Claims a name for `leaseMs`. One that is running beyond its lease lapses here, for good. */
  claim(claim: Claim, leaseMs: number): Promise<ClaimResult>;
  /**
   * Ends a claim with what later ones shall find. Does nothing where it is not
   * the owner's any more; writes it where there is nothing, as after a flush.
   */
  settle(claim: Claim, record: string): Promise<void>;
  /** Forgets a claim, so that the next one runs. Does nothing where it is not the owner's any more. */
  release(claim: Claim): Promise<void>;
}
