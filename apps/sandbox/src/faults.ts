import type { CallName } from "./call-names.ts";
import { fullStore } from "./refusal.ts";

/** Faults a sandbox remembers. */
const faultsMax = 100;

/** What to do to a call instead of, or in addition to, answering it. */
export interface Fault {
  readonly call: CallName | "any";
  /** Replaces the answer's status. */
  readonly status?: number | undefined;
  /** Added to the answer's headers. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Replaces the answer's body: text as it is, anything else as JSON. */
  readonly body?: unknown;
  /** Replaces the answer's body by that many bytes of filling. */
  readonly body_bytes?: number | undefined;
  /** Time before the answer, or before the reset. */
  readonly delay_ms?: number | undefined;
  /** Resets the connection before the request's body is read, or after the request was carried out. */
  readonly reset?: "before" | "after" | undefined;
  /** Promises the whole body, sends half of it and closes the connection. */
  readonly half_body?: boolean | undefined;
  /** Whether the request takes effect. Default: where the fault has no status and no body of its own. */
  readonly carry_out?: boolean | undefined;
  /** To how many calls it happens. */
  readonly times: number;
}

/** The faults to come, in the order they were added. */
export interface Faults {
  /** A full store is a 507. */
  add(fault: Fault): void;
  /** The oldest fault for that call, whose `times` this uses up by one; undefined where there is none. */
  take(call: CallName): Fault | undefined;
  /** Oldest first, with the `times` that are left. */
  list(): Fault[];
  clear(): void;
}

/** Creates an empty list of faults. */
export function createFaults(): Faults {
  let faults: Fault[] = [];
  return {
    add(fault) {
      if (faults.length >= faultsMax) throw fullStore(faultsMax, "faults");
      faults.push(fault);
    },
    take(call) {
      const index = faults.findIndex((fault) => fault.call === call || fault.call === "any");
      const fault = faults[index];
      if (fault === undefined) return undefined;
      if (fault.times > 1) faults[index] = { ...fault, times: fault.times - 1 };
      else faults.splice(index, 1);
      return fault;
    },
    list: () => [...faults],
    clear() {
      faults = [];
    },
  };
}
