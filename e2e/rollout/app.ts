/**
 * The app of a pod, a process of its own: it calls its sidecar from its first
 * moment on, and tells its parent how each call ended. It repeats, with the same
 * request_id, what was not answered by the gateway, and where that says so. At SIGTERM it does as apps
 * do, and makes a few calls more before it ends.
 *
 * Arguments: the sidecar's address, the deadline of each try in milliseconds.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { createVerigateClient, ErrorReason, NextStep, nextStepOf, reasonOf } from "@verigate/client";
import type { AppCall } from "./app-process.ts";

const [address = "", deadlineMs = ""] = process.argv.slice(2);
const client = createVerigateClient({ address, defaultDeadlineMs: Number(deadlineMs) });

/** Calls at the same time. */
const callers = 4;
/** Those that begin after SIGTERM. */
const lastCalls = 20;
const pauseMs = 20;

let begun = 0;
let callsLeft = Number.POSITIVE_INFINITY;
process.once("SIGTERM", () => {
  callsLeft = lastCalls;
});

async function keepCalling(): Promise<void> {
  while (callsLeft > 0) {
    callsLeft -= 1;
    begun += 1;
    await tell(await call(`k${begun}`));
  }
}

async function call(userId: string): Promise<AppCall> {
  const request = { serviceId: "s1", userId, pin: "0123", requestId: randomUUID() };
  const isLast = Number.isFinite(callsLeft);
  for (let tries = 1; ; tries += 1) {
    try {
      const { verified } = await client.auth.verifyPin(request);
      return { userId, isLast, tries, answer: verified ? "verified" : "not verified" };
    } catch (error) {
      const reason = reasonOf(error);
      if (reason !== undefined && nextStepOf(error) !== NextStep.REPEAT_SAME_REQUEST_ID) {
        return { userId, isLast, tries, answer: ErrorReason[reason] ?? "" };
      }
    }
    await sleep(pauseMs);
  }
}

function tell(done: AppCall): Promise<void> {
  return new Promise((told) => {
    process.send?.(done, () => told());
  });
}

await Promise.all(Array.from({ length: callers }, keepCalling));
client.close();
process.disconnect();
