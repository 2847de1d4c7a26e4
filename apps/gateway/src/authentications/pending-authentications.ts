import { randomUUID } from "node:crypto";
import { after, type Clock, type Eventual } from "@verigate/call";
import type { UserRef } from "../provider.ts";
import type { AuthStarts } from "../store/auth-starts.ts";

/** Authentications that were initiated, and have come to nothing yet. For figures alone: nothing waits for it or fails by it. */
export interface PendingAuthentications {
  /** A user's authentication was initiated; an earlier one of the same user is forgotten. `label` comes back when it is abandoned. */
  begin(user: UserRef, label: AbandonedLabel): void;
  /** A user was verified. Tells how long that took in milliseconds, or undefined where nobody knows. Never rejects. */
  complete(user: UserRef): Eventual<number | undefined>;
}

/** What is told of an abandoned authentication. */
export interface AbandonedLabel {
  readonly serviceId: string;
  readonly method: string;
}

export interface PendingAuthenticationsOptions {
  readonly clock: Clock;
  readonly starts: AuthStarts;
  /** What a user is called in `starts`: nothing that others could read it from. */
  readonly keyOf: (user: UserRef) => string;
  /** Told of each authentication that was neither verified nor initiated again for {@link abandonedMs}. */
  readonly onAbandoned: (label: AbandonedLabel) => void;
}

interface Pending {
  readonly token: string;
  readonly endsAtMs: number;
  readonly label: AbandonedLabel;
}

export const abandonedMs = 10 * 60_000;
/** Some 20 MB. With more, the oldest are forgotten, and count as nothing. */
const pendingMax = 100_000;
/** So many end at once, before other work gets its turn. */
const endedMax = 100;

/**
 * Whoever initiates waits for the end: each start is abandoned at most once,
 * however many processes share the `starts`, because the one that put it drops
 * it, and only what is still there and still its own counts. What a process had
 * begun when it ended is not counted.
 */
export function createPendingAuthentications(options: PendingAuthenticationsOptions): PendingAuthentications {
  const { clock, starts, keyOf, onAbandoned } = options;
  const process = randomUUID();
  // In the order of their ends, since all last as long.
  const pending = new Map<string, Pending>();
  let begun = 0;
  let isTimerSet = false;

  function setTimer(): void {
    const [first] = pending.values();
    if (!isTimerSet && first !== undefined) {
      isTimerSet = true;
      clock.setTimer(Math.max(1, first.endsAtMs - clock.nowMs()), () => {
        isTimerSet = false;
        endAll();
        setTimer();
      });
    }
  }

  function endAll(): void {
    const nowMs = clock.nowMs();
    let ended = 0;
    for (const [key, { token, endsAtMs, label }] of pending) {
      if (endsAtMs > nowMs || ended === endedMax) {
        break;
      }
      ended += 1;
      pending.delete(key);
      starts.drop(key, token).then(
        (wasStillThere) => {
          if (wasStillThere) {
            onAbandoned(label);
          }
        },
        () => {},
      );
    }
  }

  return {
    begin(user, label) {
      const key = keyOf(user);
      begun += 1;
      const token = `${process}:${begun}`;
      // Taken out first, so that it stands last.
      pending.delete(key);
      pending.set(key, { token, endsAtMs: clock.nowMs() + abandonedMs, label });
      if (pending.size > pendingMax) {
        forgetFirst();
      }
      starts.put(key, token).catch(() => {});
      setTimer();
    },
    complete(user) {
      const key = keyOf(user);
      pending.delete(key);
      return after(
        starts.take(key),
        (ms) => ms,
        () => undefined,
      );
    },
  };

  function forgetFirst(): void {
    for (const [key, { token }] of pending) {
      pending.delete(key);
      starts.drop(key, token).catch(() => {});
      return;
    }
  }
}
