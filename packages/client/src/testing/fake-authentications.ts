import { durationFromMs } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import { type AuthAPI, AuthMethod, ErrorReason, ThrottledBy, VerifyFailure } from "@verigate/contract";
import type { FakeDirectory } from "./fake-directory.ts";
import { gatewayError } from "./gateway-error.ts";

/** A PIN that reached a user. */
export interface FakePin {
  readonly userId: string;
  readonly pin: string;
  /** How it got there: SMS also where TOTP was asked for and no app is paired. */
  readonly method: AuthMethod;
}

export interface ThrottleOptions {
  /** How many guesses are not looked at. Default 1. */
  readonly times?: number;
  /** What the answers say of the next guess. Default 60,000. */
  readonly retryAfterMs?: number;
}

/** PINs and guesses, in memory. A user has one PIN at most: a new one replaces it. */
export interface FakeAuthentications {
  readonly auth: ServiceImpl<typeof AuthAPI>;
  readonly pins: readonly FakePin[];
  expire(userId: string): void;
  throttle(userId: string, options: ThrottleOptions): void;
  pairApp(userId: string): void;
}

interface Authentication extends FakePin {
  readonly authId: string;
  state: "open" | "used" | "expired";
}

export function createAuthentications(directory: FakeDirectory): FakeAuthentications {
  const pins: FakePin[] = [];
  const current = new Map<string, Authentication>();
  const throttles = new Map<string, { left: number; retryAfterMs: number }>();
  const apps = new Set<string>();

  return {
    pins,
    expire(userId) {
      const authentication = current.get(userId);
      if (authentication === undefined) throw new Error(`no PIN was sent to ${userId}`);
      authentication.state = "expired";
    },
    throttle(userId, { times = 1, retryAfterMs = 60_000 }) {
      throttles.set(userId, { left: times, retryAfterMs });
    },
    pairApp(userId) {
      apps.add(userId);
    },
    auth: {
      initiateAuth({ serviceId, userId, method: wanted }) {
        directory.user(serviceId, userId);
        const method = wanted === AuthMethod.TOTP && apps.has(userId) ? AuthMethod.TOTP : AuthMethod.SMS;
        // A leading zero shows up code that makes a number of a PIN.
        const pin = String(pins.length + 1).padStart(6, "0");
        const authId = `auth-${pin}`;
        pins.push({ userId, pin, method });
        current.set(userId, { userId, pin, method, authId, state: "open" });
        return { method, authId };
      },
      verifyPin({ serviceId, userId, pin, method: askedMethod, authId }) {
        const throttle = throttles.get(userId);
        if (throttle !== undefined && throttle.left > 0) {
          throttle.left -= 1;
          const retryAfter = durationFromMs(throttle.retryAfterMs);
          const failure = VerifyFailure.THROTTLED;
          return { method: askedMethod, failure, throttledBy: ThrottledBy.GATEWAY, retryAfter };
        }
        directory.user(serviceId, userId);
        const authentication = current.get(userId);
        if (authId !== undefined && authId !== authentication?.authId) {
          throw gatewayError(ErrorReason.VERIFICATION_NOT_FOUND);
        }
        if (authentication === undefined) return { method: askedMethod, failure: VerifyFailure.INVALID };
        const { method, state } = authentication;
        if (state === "expired") return { method, failure: VerifyFailure.EXPIRED };
        if (state === "used" || pin !== authentication.pin) return { method, failure: VerifyFailure.INVALID };
        authentication.state = "used";
        return { verified: true, method };
      },
    },
  };
}
