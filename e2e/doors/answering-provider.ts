import { Fault, type FaultKind, faultOwners } from "@verigate/call";
import type { startServer } from "@verigate/gateway";

type Provider = NonNullable<Parameters<typeof startServer>[0]["provider"]>;
type User = Awaited<ReturnType<Provider["getUser"]>>;

/** Ids of services whose every call fails like that. */
export const faultsOfProvider: readonly string[] = Object.keys(faultOwners);

const createTime = { seconds: 1_505_463_206, nanos: 965_341_000 };
const userOf = (id: string): User => ({ id, idInService: `${id}@shop.example`, createTime });

/**
 * Answers by what it is asked, and remembers nothing: a service whose id is a kind
 * of fault fails with it, `many` has users enough for an answer that is worth compressing, and PIN 0123 is right.
 */
export function createAnsweringProvider(): Provider {
  const checked = <Result>(serviceId: string, result: Result): Promise<Result> => {
    if (Object.hasOwn(faultOwners, serviceId)) {
      const cause = new Error("as the test wants it");
      return Promise.reject(new Fault(serviceId as FaultKind, { retryAfterMs: 1_500, cause }));
    }
    return Promise.resolve(result);
  };
  return {
    createService: ({ fqdn, name }) => checked(fqdn, { id: "s1", name, createTime }),
    getService: ({ serviceId }) => checked(serviceId, { id: serviceId, name: "Shop", createTime }),
    deleteService: ({ serviceId }) => checked(serviceId, undefined),
    createUser: ({ serviceId }) => checked(serviceId, userOf("u1")),
    listUsers: ({ serviceId }) => checked(serviceId, listOf(serviceId === "many" ? 1_000 : 2)),
    getUser: ({ serviceId, userId }) => checked(serviceId, userOf(userId)),
    deleteUser: ({ serviceId }) => checked(serviceId, undefined),
    initiateAuth: ({ serviceId, method }) => checked(serviceId, { method, authId: "a1" }),
    verifyPin: ({ serviceId, pin, method = "sms" }) =>
      checked(serviceId, pin === "0123" ? { verified: true, method } : { verified: false, method, failure: "invalid" }),
  };
}

function listOf(size: number): Awaited<ReturnType<Provider["listUsers"]>> {
  const idOf = (index: number) => `u${String(index).padStart(4, "0")}`;
  const ids = Array.from({ length: size }, (_, index) => idOf(index));
  return {
    size,
    answeredAt: undefined,
    byteLength: 100 * size,
    at: (index) => userOf(idOf(index)),
    indexAfter: (id) => ids.filter((each) => each <= id).length,
    indexesOf: (idInService) => ids.flatMap((id, index) => (userOf(id).idInService === idInService ? [index] : [])),
  };
}
