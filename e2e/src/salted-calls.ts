import { randomUUID } from "node:crypto";
import { AuthMethod } from "@verigate/contract";
import type { RpcClient } from "./rpc-client.ts";
import { phoneNumber, salts } from "./salts.ts";

/** Headers that have no business here, some of which a gateway looks at. */
export const saltedHeaders: Record<string, string> = {
  authorization: `Bearer ${salts.token.text}`,
  cookie: `pin=${salts.pin.text}; phone=${salts.phone.text}`,
  "user-agent": `caller/${salts.pin.text} (${phoneNumber})`,
  "x-forwarded-for": salts.phone.text,
  "x-service-auth": `${salts.username.text}:${salts.password.text}`,
  "x-pin-bin": Buffer.from(salts.pin.text).toString("base64"),
  tracestate: `vendor=${salts.phone.text}`,
  baggage: `phone=${salts.phone.text},pin=${salts.pin.text}`,
};

const { id, pin, person, phoneAsId } = salts;
const ofService = { serviceId: id.text };
const ofUser = { serviceId: `+${phoneAsId.text}`, userId: id.text };
const requestId = randomUUID();

type SaltedCall = (client: RpcClient, options: { readonly headers: Record<string, string> }) => Promise<unknown>;

/** Calls with a salt in every field, right and wrong ones. */
export const saltedCalls: readonly SaltedCall[] = [
  ({ services }, options) => services.createService({ fqdn: `x${phoneAsId.text}.example`, name: phoneNumber }, options),
  ({ services }, options) =>
    services.createService({ fqdn: phoneNumber, name: pin.text, requestId: phoneNumber }, options),
  ({ services }, options) => services.getService(ofService, options),
  ({ services }, options) => services.getService({ serviceId: phoneAsId.text }, options),
  ({ services }, options) => services.deleteService({ ...ofService, requestId: randomUUID() }, options),
  ({ users }, options) => users.createUser({ ...ofService, phoneNumber, idInService: person.text }, options),
  ({ users }, options) => users.createUser({ ...ofService, phoneNumber: pin.text, idInService: phoneNumber }, options),
  ({ users }, options) => users.getUser(ofUser, options),
  ({ users }, options) => users.listUsers({ ...ofService, idInService: person.text }, options),
  ({ users }, options) => users.listUsers({ ...ofService, pageToken: phoneNumber }, options),
  ({ users }, options) => users.listUsers({ ...ofService, pageToken: pin.text, pageSize: -1 }, options),
  ({ users }, options) => users.deleteUser({ ...ofUser, requestId: phoneNumber }, options),
  ({ users }, options) => users.deleteUser({ ...ofUser, requestId: randomUUID() }, options),
  ({ auth }, options) => auth.initiateAuth({ ...ofUser, method: AuthMethod.SMS, requestId: randomUUID() }, options),
  ({ auth }, options) => auth.initiateAuth({ ...ofUser, method: 4711 as AuthMethod }, options),
  ({ auth }, options) =>
    auth.verifyPin({ ...ofUser, pin: pin.text, authId: phoneAsId.text, requestId: randomUUID() }, options),
  ({ auth }, options) => auth.verifyPin({ ...ofUser, pin: pin.text, method: AuthMethod.TOTP }, options),
  ({ auth }, options) => auth.verifyPin({ ...ofUser, pin: phoneNumber }, options),
  ({ auth }, options) => auth.verifyPin({ ...ofUser, pin: `${pin.text}\n` }, options),
  // The same request_id for something else.
  ({ auth }, options) => auth.verifyPin({ ...ofUser, pin: pin.text, requestId }, options),
  ({ auth }, options) => auth.verifyPin({ ...ofUser, pin: "0000", requestId }, options),
  // Its caller leaves before an answer comes.
  ({ auth }, options) => auth.verifyPin({ ...ofUser, pin: pin.text }, { ...options, signal: AbortSignal.timeout(20) }),
  ({ auth }, options) => auth.verifyPin({ ...ofUser, pin: pin.text }, { ...options, timeoutMs: 100 }),
  // With so little left nothing is sent, however fast the gateway is.
  ({ auth }, options) => auth.verifyPin({ ...ofUser, pin: pin.text }, { ...options, timeoutMs: 20 }),
];
