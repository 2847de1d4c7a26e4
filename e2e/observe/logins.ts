import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { AuthMethod } from "@verigate/contract";
import type { LoadCaller } from "./load-caller.ts";
import type { LoadCounts } from "./load-counts.ts";
import type { LoadPace } from "./load-pace.ts";
import type { PhoneNumbers } from "./phone-numbers.ts";
import type { SandboxControl } from "./sandbox-control.ts";

export interface LoginOptions {
  readonly caller: LoadCaller;
  readonly counts: LoadCounts;
  readonly sandbox: SandboxControl;
  readonly serviceId: string;
  readonly pace: LoadPace;
  readonly phones: PhoneNumbers;
  /** Ends the waits of users. */
  readonly signal: AbortSignal;
}

/** How a user behaves. */
interface Manner {
  readonly method: AuthMethod.SMS | AuthMethod.TOTP;
  /** A phone without a device gets a message instead of a code. */
  readonly hasDevice: boolean;
  /** Before the right PIN; more than five are not looked at. */
  readonly wrongPins: number;
  readonly leaves: boolean;
}

/**
 * A user who is created, logs in and is deleted again. Rejects where a call fails
 * that the rest needs.
 */
export async function logIn(number: number, options: LoginOptions): Promise<void> {
  const { caller, counts, sandbox, serviceId, pace, phones, signal } = options;
  const { users, auth } = caller;
  const { method, hasDevice, wrongPins, leaves } = mannerOf(number);
  const phoneNumber = phones.next();
  const codeNow = hasDevice ? await sandbox.pairDevice(phoneNumber) : undefined;
  const { user } = await users.createUser({
    serviceId,
    phoneNumber,
    idInService: `user-${randomUUID()}`,
    requestId: randomUUID(),
  });
  const userId = user?.id ?? "";
  try {
    const { method: used } = await auth.initiateAuth({ serviceId, userId, method, requestId: randomUUID() });
    counts.loginsStarted += 1;
    const [least, most] = pace.thinkMs;
    await sleep(least + (most - least) * Math.random() ** 2, undefined, { signal });
    if (leaves) {
      return;
    }
    for (let wrong = 0; wrong < wrongPins; wrong += 1) {
      await auth.verifyPin({ serviceId, userId, pin: "0000", requestId: randomUUID() });
    }
    const pin = used === AuthMethod.TOTP ? codeNow?.() : await sandbox.pinOf(phoneNumber);
    const { verified } = await auth.verifyPin({ serviceId, userId, pin: pin ?? "1111", requestId: randomUUID() });
    counts.loginsVerified += verified ? 1 : 0;
    await users.getUser({ serviceId, userId });
  } finally {
    await users.deleteUser({ serviceId, userId, requestId: randomUUID() });
  }
}

function mannerOf(number: number): Manner {
  const isTotp = number % 10 >= 6;
  return {
    method: isTotp ? AuthMethod.TOTP : AuthMethod.SMS,
    hasDevice: isTotp && number % 10 !== 9,
    wrongPins: number % 11 === 3 ? 1 : number % 37 === 5 ? 7 : 0,
    leaves: number % 13 === 7,
  };
}
