import { createKeyedHash, type HashKeys } from "../keyed-hash.ts";
import type { UserRef } from "../provider.ts";
import { canonicalId } from "./canonical-id.ts";
import type { Phone } from "./phone.ts";

/** Keyed hashes of one subject: one for each key of VERIGATE_HASH_KEY, in its order. */
export type SubjectHashes = readonly [string, ...string[]];

/** Names of a user, and of who acts as this user. */
export interface UserKeys {
  readonly user: SubjectHashes;
  readonly service: SubjectHashes;
  /** Under which names it is remembered what phone the user has. */
  readonly phoneOf: readonly string[];
  /** One who acts as the user, by what tells this one from others: an IP network, a session. */
  endUser(kind: "ip" | "session", value: string): SubjectHashes;
}

/**
 * Names of whom limits are about. With several hash keys, a subject has a name
 * by each, and is counted under all of them: while keys are replaced, replicas
 * that know the old one and such that know the new one count together.
 */
export interface LimitKeys {
  ofCaller(caller: string): SubjectHashes;
  ofUser(user: UserRef): UserKeys;
  ofPhone(phone: Phone): SubjectHashes;
}

/**
 * Services and callers are few, and asked for by every call; a user is asked for several times
 * by each, and again within a minute. But who calls can make up any.
 */
const rememberedMax = 1_000;
/** 132 bits of a hash: no two subjects have the same ones. */
const hashLength = 22;

export function createLimitKeys(hashKeys: HashKeys): LimitKeys {
  const fullHash = createKeyedHash(hashKeys, "limit subject");
  const hash = (...parts: string[]): SubjectHashes => {
    const [first, ...others] = fullHash(...parts);
    return [first.slice(0, hashLength), ...others.map((other) => other.slice(0, hashLength))];
  };
  const ofCaller = remembered((caller: string) => hash("caller", caller));
  const service = remembered((serviceId: string) => {
    const canonical = canonicalId(serviceId);
    return { canonical, hashes: hash("service", canonical) };
  });
  // What callers send has no control character in it; the provider's ids of users might.
  const user = remembered((ids: string): UserKeys => {
    const end = ids.indexOf("\0");
    const [serviceId, userId] = [ids.slice(0, end), ids.slice(end + 1)];
    const { canonical: canonicalService, hashes } = service(serviceId);
    const canonicalUser = canonicalId(userId);
    const hashesOfUser = hash("user", canonicalService, canonicalUser);
    return {
      user: hashesOfUser,
      service: hashes,
      phoneOf: hashesOfUser.map(userKey),
      endUser: (kind, value) => hash(kind, canonicalService, canonicalUser, value),
    };
  });
  return {
    ofCaller,
    ofUser: ({ serviceId, userId }) => user(`${serviceId}\0${userId}`),
    ofPhone: ({ number }) => hash("phone", number),
  };
}

/** The same function, which knows its latest results. */
function remembered<Result>(resultOf: (name: string) => Result): (name: string) => Result {
  const known = new Map<string, Result>();
  return (name) => {
    const found = known.get(name);
    if (found !== undefined) {
      return found;
    }
    if (known.size >= rememberedMax) {
      known.clear();
    }
    const result = resultOf(name);
    known.set(name, result);
    return result;
  };
}

/** The key under which it is remembered what phone a user has. */
export function userKey(hash: string): string {
  return `user:${hash}`;
}
