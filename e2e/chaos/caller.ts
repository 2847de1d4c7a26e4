import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { AuthAPI, AuthMethod, ErrorInfoSchema, UserAPI } from "@verigate/contract";
import type { CallEnd, CallRecord, Operation } from "./call-record.ts";
import { rightPin } from "./upstream-state.ts";

/** Calls over gRPC, as any service would: nothing of ours is in it but the contract. */
export interface Caller {
  /** Makes a call and tells how it ended. Never rejects. */
  call(operation: Operation, key: string): Promise<Omit<CallRecord, "stalledMs">>;
  close(): void;
}

/** How long after the deadline an answer is waited for, to tell a late one from none, in milliseconds. */
const graceMs = 2_000;

/** A caller with a connection of its own, whose calls all have the deadline of `deadlineMs`. */
export function createCaller(baseUrl: string, deadlineMs: number): Caller {
  const sessionManager = new Http2SessionManager(baseUrl);
  const transport = createGrpcTransport({ baseUrl, sessionManager });
  const auth = createClient(AuthAPI, transport);
  const users = createClient(UserAPI, transport);

  async function send(operation: Operation, key: string): Promise<CallEnd> {
    // The deadline goes to the gateway alone. If the library knew it, it would end the call by itself.
    const headers = { "grpc-timeout": `${deadlineMs}m` };
    const options = { headers, signal: AbortSignal.timeout(deadlineMs + graceMs) };
    const user = { serviceId: "chaos", userId: key };
    switch (operation) {
      case "InitiateAuth":
        await auth.initiateAuth({ ...user, method: AuthMethod.SMS }, options);
        return { kind: "ok" };
      case "VerifyPin": {
        const pin = key.endsWith("r") ? rightPin : "2222";
        const { verified } = await auth.verifyPin({ ...user, pin }, options);
        return { kind: "ok", verified };
      }
      case "CreateUser": {
        const request = { serviceId: key, phoneNumber: "+37255555555", idInService: key };
        return { kind: "ok", userId: (await users.createUser(request, options)).user?.id ?? "" };
      }
      case "GetUser":
        return { kind: "ok", userId: (await users.getUser(user, options)).user?.id ?? "" };
      case "DeleteUser":
        await users.deleteUser(user, options);
        return { kind: "ok" };
    }
  }

  return {
    async call(operation, key) {
      const sentAtMs = performance.now();
      const end = await send(operation, key).catch((error: unknown) => {
        const isLate = performance.now() - sentAtMs >= deadlineMs + graceMs - 5;
        return endFromError(ConnectError.from(error), isLate);
      });
      return { operation, key, sentAtMs, endedAtMs: performance.now(), end };
    },
    close: () => sessionManager.abort(),
  };
}

function endFromError(error: ConnectError, isGivenUp: boolean): CallEnd {
  const reason = error.findDetails(ErrorInfoSchema)[0]?.reason;
  return reason === undefined && isGivenUp
    ? { kind: "unanswered" }
    : { kind: "error", code: codeName(error.code), reason };
}

/** As gRPC writes it: DEADLINE_EXCEEDED. */
function codeName(code: Code): string {
  return (Code[code] ?? String(code)).replaceAll(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
}
