import type { CreateTurns } from "@verigate/resilience";
import type { AuthStarts } from "./auth-starts.ts";
import type { ClaimStore } from "./claim-store.ts";
import type { LimitStore } from "./limit-store.ts";

/** The state that replicas share, or would share if there were a store for it. */
export interface Store {
  /** Whether other processes see the same state. */
  readonly isShared: boolean;
  /** Whether it can be asked at this moment, as far as is known. */
  readonly isReachable: boolean;
  readonly claims: ClaimStore;
  readonly limits: LimitStore;
  /**
   * Turns that all processes with the same store take from. Never held up by a
   * store that fails: each process goes at the rate by itself then.
   */
  readonly createTurns: CreateTurns;
  readonly authStarts: AuthStarts;
  close(): Promise<void>;
}
