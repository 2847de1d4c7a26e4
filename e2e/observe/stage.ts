import { randomUUID } from "node:crypto";
import type { RedisProcess } from "../chaos/redis-process.ts";
import type { LoadCaller } from "./load-caller.ts";
import type { LoadPace } from "./load-pace.ts";
import type { PhoneNumbers } from "./phone-numbers.ts";
import type { SandboxControl } from "./sandbox-control.ts";
import type { UpstreamLink } from "./upstream-link.ts";

/** What an episode has at hand. */
export interface Stage {
  readonly caller: LoadCaller;
  readonly sandbox: SandboxControl;
  readonly link: UpstreamLink;
  /** The store that replicas share, where there is one. */
  readonly redis: RedisProcess | undefined;
  /** `http://host:port` of the gateway. */
  readonly baseUrl: string;
  /** The same, of a listener whose callers need a key. */
  readonly guardedUrl: string;
  /** The file that has the keys. */
  readonly keysPath: string;
  readonly pace: LoadPace;
  readonly phones: PhoneNumbers;
  /** Ends an episode before its time. */
  readonly signal: AbortSignal;
  /** A service, and a user of it that stays. */
  readonly serviceId: string;
  readonly fqdn: string;
  readonly userId: string;
}

/** Something that happens while users log in. */
export interface Episode {
  readonly title: string;
  /** `round` is how often all episodes have been played before. */
  run(stage: Stage, round: number): Promise<void>;
}

/** Users without a past, because what they may do is limited: those that could be created. */
export async function newUsers(
  { caller: { users }, serviceId, phones }: Stage,
  count: number,
): Promise<readonly { readonly serviceId: string; readonly userId: string; readonly phoneNumber: string }[]> {
  const created = Array.from({ length: count }, async () => {
    const phoneNumber = phones.next();
    const { user } = await users.createUser({ serviceId, phoneNumber, idInService: `user-${randomUUID()}` });
    return { serviceId, userId: user?.id ?? "", phoneNumber };
  });
  return (await Promise.allSettled(created)).flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
}

/** Fulfils when all have ended, well or not: what became of them is counted elsewhere. */
export async function settled(...calls: readonly Promise<unknown>[]): Promise<void> {
  await Promise.allSettled(calls);
}
