import { durationMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { AuthAPI, AuthMethod, ErrorInfoSchema, RetryInfoSchema, UserAPI } from "@verigate/contract";
import type { CallEnd, CallRecord } from "./call-record.ts";
import type { Intent } from "./intent.ts";
import { rightPin } from "./upstream-state.ts";

/** Calls over gRPC, as any service would: nothing of ours is in it but the contract. */
export interface Caller {
  /** Makes a call and tells how it ended. Never rejects. */
  call(intent: Intent): Promise<Omit<CallRecord, "repeat" | "stalledMs">>;
  close(): void;
}

/** How long after the deadline an answer is waited for, to tell a late one from none, in milliseconds. */
const graceMs = 10_000;
/** So much of it begins only when this process gets time again, and can see an answer that has come, in milliseconds. */
const awakeMs = 500;

/** A caller with a connection of its own, whose calls all have the deadline of `deadlineMs`. */
export function createCaller(baseUrl: string, deadlineMs: number): Caller {
  const sessionManager = new Http2SessionManager(baseUrl);
  const transport = createGrpcTransport({ baseUrl, sessionManager });
  const auth = createClient(AuthAPI, transport);
  const users = createClient(UserAPI, transport);

  async function send({ operation, key, requestId }: Intent, signal: AbortSignal): Promise<CallEnd> {
    // The deadline goes to the gateway alone. If the library knew it, it would end the call by itself.
    const headers = { "grpc-timeout": `${deadlineMs}m` };
    const options = { headers, signal };
    const user = { serviceId: "chaos", userId: key };
    const once = requestId === undefined ? {} : { requestId };
    switch (operation) {
      case "InitiateAuth": {
        const { replayed } = await auth.initiateAuth({ ...user, method: AuthMethod.SMS, ...once }, options);
        return { kind: "ok", isReplayed: replayed };
      }
      case "VerifyPin": {
        const pin = key.endsWith("r") ? rightPin : "2222";
        const { verified, replayed } = await auth.verifyPin({ ...user, pin, ...once }, options);
        return { kind: "ok", verified, isReplayed: replayed };
      }
      case "CreateUser": {
        const request = { serviceId: key, phoneNumber: "+37255555555", idInService: key, ...once };
        return { kind: "ok", userId: (await users.createUser(request, options)).user?.id ?? "" };
      }
      case "GetUser":
        return { kind: "ok", userId: (await users.getUser(user, options)).user?.id ?? "" };
      case "DeleteUser":
        await users.deleteUser({ ...user, ...once }, options);
        return { kind: "ok" };
    }
  }

  return {
    async call(intent) {
      const { operation, key, requestId } = intent;
      const sentAtMs = performance.now();
      const givingUp = new AbortController();
      const giveUp = () => givingUp.abort();
      let timer = setTimeout(() => {
        timer = setTimeout(giveUp, awakeMs);
      }, deadlineMs + graceMs);
      const end = await send(intent, givingUp.signal)
        .catch((error: unknown) => endFromError(ConnectError.from(error), givingUp.signal.aborted))
        .finally(() => clearTimeout(timer));
      const isProtected = requestId !== undefined;
      return { operation, isProtected, key, sentAtMs, endedAtMs: performance.now(), end };
    },
    close: () => sessionManager.abort(),
  };
}

function endFromError(error: ConnectError, isGivenUp: boolean): CallEnd {
  const [info] = error.findDetails(ErrorInfoSchema);
  if (info === undefined && isGivenUp) {
    return { kind: "unanswered" };
  }
  const delay = error.findDetails(RetryInfoSchema)[0]?.retryDelay;
  return {
    kind: "error",
    code: codeName(error.code),
    reason: info?.reason,
    next: info?.metadata.next,
    retryAfterMs: delay === undefined ? undefined : durationMs(delay),
  };
}

/** As gRPC writes it: DEADLINE_EXCEEDED. */
function codeName(code: Code): string {
  return (Code[code] ?? String(code)).replaceAll(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
}
