import { Fault, type Handler, type Layer } from "@verigate/call";
import { Health } from "../gen/grpc/health/v1/health_pb.js";
import type { HttpCall } from "./http-call.ts";
import type { Reply } from "./reply.ts";

export interface HealthLimitOptions {
  /** The most calls of the health service that are open at a time, Watch streams among them. */
  readonly callsMax: number;
  /** The most of those that one address may have; callers on Unix sockets have no address, and may have all. */
  readonly callsOfAddressMax: number;
}

/** When to come again. */
const retryAfterMs = 5_000;

/**
 * Bounds the open calls of the health service, from their headers on: anybody may
 * make them, without credentials, so nobody may fill the memory with them, or
 * take all of them away from others. One more is `overloaded`.
 */
export function healthLimit({ callsMax, callsOfAddressMax }: HealthLimitOptions): Layer<HttpCall, Reply> {
  const openOf = new Map<string, number>();
  let open = 0;

  function take(address: string | undefined): void {
    const ofAddress = address === undefined ? 0 : (openOf.get(address) ?? 0);
    if (open >= callsMax || ofAddress >= callsOfAddressMax) {
      throw new Fault("overloaded", { retryAfterMs });
    }
    open += 1;
    if (address !== undefined) {
      openOf.set(address, ofAddress + 1);
    }
  }

  function release(address: string | undefined): void {
    open -= 1;
    const ofAddress = address === undefined ? 0 : (openOf.get(address) ?? 0);
    if (address !== undefined && ofAddress > 1) {
      openOf.set(address, ofAddress - 1);
    } else if (address !== undefined) {
      openOf.delete(address);
    }
  }

  async function limited(next: Handler<HttpCall, Reply>, call: HttpCall): Promise<Reply> {
    const { address } = call.peer;
    take(address);
    let reply: Reply | undefined;
    try {
      reply = await next(call);
      return reply;
    } finally {
      if (reply?.kind === "stream") {
        reply.outcome.finally(() => release(address));
      } else {
        release(address);
      }
    }
  }

  return (next) => (call) => (call.service === Health.typeName ? limited(next, call) : next(call));
}
