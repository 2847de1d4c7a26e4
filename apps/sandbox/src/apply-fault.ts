import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { type Answer, send, sendHalf } from "./answer.ts";
import type { Fault } from "./faults.ts";

/** The most bytes a fault fills a body with; one buffer of that size serves them all. */
export const fillingBytesMax: number = 64 * 1024 * 1024;

let filling: Buffer | undefined;

/** Whether the request takes effect although the fault happens to it. */
export function isCarriedOut(fault: Fault): boolean {
  return fault.carry_out ?? (fault.status === undefined && fault.body === undefined && fault.body_bytes === undefined);
}

/** What `fault` makes of `answer`, which is the real one where the request was carried out. */
export function faultyAnswer(fault: Fault, answer: Answer): Answer {
  const { headers, body } = answerBody(fault) ?? answer;
  return { status: fault.status ?? answer.status, headers: { ...headers, ...lowerCased(fault.headers ?? {}) }, body };
}

/** Answers, late or by half, or not at all. A sender who leaves ends the delay. */
export async function sendFaulty(response: ServerResponse, fault: Fault, answer: Answer): Promise<void> {
  await delay(response, fault.delay_ms ?? 0);
  if (response.destroyed) return;
  if (fault.reset !== undefined) response.req.socket.resetAndDestroy();
  else if (fault.half_body) sendHalf(response, answer);
  else send(response, answer);
}

async function delay(response: ServerResponse, delayMs: number): Promise<void> {
  if (delayMs === 0) return;
  const gone = new AbortController();
  const leave = () => gone.abort();
  response.once("close", leave);
  await sleep(delayMs, undefined, { signal: gone.signal }).catch(() => undefined);
  response.off("close", leave);
}

function answerBody(fault: Fault): Pick<Answer, "headers" | "body"> | undefined {
  if (fault.body_bytes !== undefined) {
    filling ??= Buffer.alloc(fillingBytesMax, "x");
    return { headers: { "content-type": "text/plain" }, body: filling.subarray(0, fault.body_bytes) };
  }
  if (typeof fault.body === "string") {
    return { headers: { "content-type": "text/plain; charset=utf-8" }, body: Buffer.from(fault.body) };
  }
  if (fault.body === undefined) return undefined;
  return { headers: { "content-type": "application/json" }, body: Buffer.from(JSON.stringify(fault.body)) };
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
