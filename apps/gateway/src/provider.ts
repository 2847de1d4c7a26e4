import type { Progress } from "@verigate/call";

/**
 * What the gateway needs of a provider of second factors, in the gateway's own
 * terms. Each operation throws a Fault where it fails. Verigator is one provider.
 */
export interface Provider {
  createService(params: { fqdn: string; name: string }, progress: Progress): Promise<Service>;
  getService(params: ServiceRef, progress: Progress): Promise<Service>;
  deleteService(params: ServiceRef, progress: Progress): Promise<void>;
  createUser(params: ServiceRef & { phoneNumber: string; idInService: string }, progress: Progress): Promise<User>;
  /** All users of a service, ordered by id. */
  listUsers(params: ServiceRef, progress: Progress): Promise<UserList>;
  getUser(params: UserRef, progress: Progress): Promise<User>;
  deleteUser(params: UserRef, progress: Progress): Promise<void>;
  initiateAuth(params: UserRef & { method: Method }, progress: Progress): Promise<Initiation>;
  verifyPin(
    params: UserRef & { pin: string; method: Method | undefined; authId: string | undefined },
    progress: Progress,
  ): Promise<Verification>;
}

export type Method = "sms" | "totp";

export interface ServiceRef {
  readonly serviceId: string;
}

export interface UserRef extends ServiceRef {
  readonly userId: string;
}

/** Whole seconds since 1970-01-01T00:00:00Z, and 0 to 999,999,999 nanoseconds. */
export interface Instant {
  readonly seconds: number;
  readonly nanos: number;
}

export interface Service {
  readonly id: string;
  readonly name: string;
  readonly createTime: Instant;
}

export interface User {
  readonly id: string;
  readonly idInService: string;
  readonly createTime: Instant;
}

export interface UserList {
  readonly size: number;
  /** When the provider answered, by its clock (since 1970, whole seconds) and by ours (nowMs); undefined where it did not say. */
  readonly answeredAt: { readonly upstreamMs: number; readonly localMs: number } | undefined;
  /** Memory it occupies, in bytes. */
  readonly byteLength: number;
  at(index: number): User;
  /** The index of the first user whose id stands behind `id`, by bytes of UTF-8. */
  indexAfter(id: string): number;
  /** The indexes of the users of exactly this `idInService`, ascending. */
  indexesOf(idInService: string): readonly number[];
}

export interface Initiation {
  readonly method: Method;
  readonly authId: string | undefined;
}

export type Verification =
  | { readonly verified: true; readonly method: Method }
  | { readonly verified: false; readonly method: Method; readonly failure: "invalid" | "expired" | "throttled" };
