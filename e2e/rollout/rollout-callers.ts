import { AuthMethod, createVerigateClient } from "@verigate/client";
import type { CallEnd, Operation } from "../chaos/call-record.ts";
import type { Caller } from "../chaos/caller.ts";
import type { Intent } from "../chaos/intent.ts";
import { rightPin } from "../chaos/upstream-state.ts";
import { grpcJsClient } from "../src/grpc-js-client.ts";

/** Makes a caller of `host:port`, which is closed with the test at the latest. */
export type CreateCaller = (authority: string) => Caller;

/** Both as they come: nothing is set that has to do with repeats, connections or names. */
export const rolloutCallers: Readonly<Record<string, CreateCaller>> = {
  "grpc-js": (authority) => {
    // Or all clients of a process share one connection.
    const options = { "grpc.use_local_subchannel_pool": 1 };
    const clientOf = (service: string) => grpcJsClient(authority, `verigate.v1.${service}`, undefined, options);
    const auth = clientOf("AuthAPI");
    const users = clientOf("UserAPI");
    return callerFrom({
      send: (operation, request) => (operation.endsWith("User") ? users : auth).unary(operation, request),
      close() {},
    });
  },
  "@verigate/client": (authority) => {
    const { auth, users, close } = createVerigateClient({ address: `http://${authority}` });
    const methods: Readonly<Record<Operation, (request: never) => Promise<object>>> = {
      InitiateAuth: auth.initiateAuth,
      VerifyPin: auth.verifyPin,
      CreateUser: users.createUser,
      GetUser: users.getUser,
      DeleteUser: users.deleteUser,
    };
    return callerFrom({ send: (operation, request) => methods[operation](request as never), close });
  },
};

interface Connected {
  /** Rejects where the call fails. */
  send(operation: Operation, request: object): Promise<{ readonly verified?: unknown }>;
  close(): void;
}

function callerFrom({ send, close }: Connected): Caller {
  return {
    async call(intent) {
      const { operation, requestId, key } = intent;
      const sentAtMs = performance.now();
      const end = await send(operation, requestFrom(intent)).then(
        ({ verified }): CallEnd => ({ kind: "ok", ...(typeof verified === "boolean" ? { verified } : {}) }),
        (error: unknown): CallEnd => ({ kind: "error", code: String(error), reason: undefined }),
      );
      const isProtected = requestId !== undefined;
      return { operation, isProtected, key, sentAtMs, endedAtMs: performance.now(), end };
    },
    close,
  };
}

function requestFrom({ operation, key, requestId }: Intent): object {
  const once = requestId === undefined ? {} : { requestId };
  const user = { serviceId: "chaos", userId: key };
  switch (operation) {
    case "InitiateAuth":
      return { ...user, method: AuthMethod.SMS, ...once };
    case "VerifyPin":
      return { ...user, pin: isRight(key) ? rightPin : "2222", ...once };
    case "CreateUser":
      return { serviceId: key, phoneNumber: "+37255555555", idInService: key, ...once };
    case "GetUser":
      return user;
    case "DeleteUser":
      return { ...user, ...once };
  }
}

/** Whether the PIN of an intent of VerifyPin is the right one. */
export function isRight(key: string): boolean {
  return key.endsWith("r");
}
