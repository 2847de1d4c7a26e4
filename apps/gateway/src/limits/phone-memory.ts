import type { Message } from "@bufbuild/protobuf";
import type { Layer } from "@verigate/call";
import { type CreateUserRequest, type CreateUserResponse, UserAPI } from "@verigate/contract";
import type { UnaryCall, UnaryHandler } from "@verigate/rpc-server";
import type { LimitStore } from "../store/limit-store.ts";
import type { StoreOutage } from "../store/store-outage.ts";
import type { OnLimitDecision } from "./limit-decision.ts";
import { type LimitKeys, userKey } from "./limit-keys.ts";
import { phoneFromNumber } from "./phone.ts";

export interface PhoneMemoryOptions {
  readonly store: LimitStore;
  readonly outage: StoreOutage;
  readonly keys: LimitKeys;
  readonly onDecision: OnLimitDecision;
}

/**
 * Remembers the phone of each user that is created, as a keyed hash, and its
 * country: nobody tells them again. Where that fails, the user is there all the
 * same, and is limited like users that were made elsewhere: by its id alone.
 */
export function phoneMemory({ store, outage, keys, onDecision }: PhoneMemoryOptions): Layer<UnaryCall, Message> {
  async function remember({ call, message }: UnaryCall, userId: string): Promise<void> {
    const { serviceId, phoneNumber } = message as CreateUserRequest;
    const phone = phoneFromNumber(phoneNumber);
    const phones = keys.ofPhone(phone);
    const { country } = phone;
    const { user } = keys.ofUser({ serviceId, userId });
    const known = user.map((hash, index) => ({ user: userKey(hash), phone: phones[index] ?? "", country }));
    const isRemembered = await store.remember(known).catch((cause: unknown) => {
      outage.begin(cause);
      return false;
    });
    if (!isRemembered) {
      onDecision(call, { limit: "sends", decision: "failed_open", subject: userKey(user[0]) });
    }
  }

  async function create(next: UnaryHandler, unary: UnaryCall): Promise<Message> {
    const response = await next(unary);
    const { user } = response as CreateUserResponse;
    if (user !== undefined) {
      await remember(unary, user.id);
    }
    return response;
  }

  return (next) => (unary) => (unary.method === UserAPI.method.createUser ? create(next, unary) : next(unary));
}
