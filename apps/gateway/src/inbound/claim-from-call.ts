import { randomUUID } from "node:crypto";
import { clone, type DescMethod, type Message, toBinary } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { AuthAPI } from "@verigate/contract";
import type { UnaryCall } from "@verigate/rpc-server";
import { createKeyedHash, type HashKeys } from "../keyed-hash.ts";
import type { Claim } from "../store/claim-store.ts";

const hourMs = 3_600_000;
/** A PIN is of no use after minutes; what else is repeated may be repeated by a job of the next day. */
const keptMs = (method: DescMethod) => (method === AuthAPI.method.verifyPin ? hourMs / 6 : 24 * hourMs);

/**
 * Makes the claim of a call; undefined where it has no request_id. Neither the
 * request_id nor what is asked, which may hold a PIN, is in it but as a keyed
 * hash. Each call gets a claim of its own: see {@link Claim.owner}.
 */
export function createClaimFromCall(keys: HashKeys): (unary: UnaryCall) => Claim | undefined {
  const nameHash = createKeyedHash(keys, "claim name");
  const payloadHash = createKeyedHash(keys, "claim payload");
  return ({ call, method, message }) => {
    const { requestId = "" } = message as { readonly requestId?: string };
    if (requestId === "") {
      return undefined;
    }
    const identity = [call.progress.caller, `${method.parent.typeName}/${method.name}`, requestId.toLowerCase()];
    const payloads = payloadHash(...identity, payloadOf(method, message));
    const nameAt = (name: string, index: number) => ({ name, payload: payloads[index] ?? "" });
    const [first, ...others] = nameHash(...identity);
    return {
      names: [nameAt(first, 0), ...others.map((name, index) => nameAt(name, index + 1))],
      owner: randomUUID(),
      keptMs: keptMs(method),
      caller: call.progress.caller,
    };
  };
}

/**
 * What is asked, without the name that it is asked under. Fields stand in the
 * order of their numbers, those that this version does not know behind them, so
 * that older and newer replicas get the same bytes.
 */
function payloadOf({ input }: DescMethod, message: Message): Uint8Array {
  const copy = clone(input, message);
  const field = input.field.requestId;
  if (field !== undefined) {
    reflect(input, copy).clear(field);
  }
  return toBinary(input, copy);
}
