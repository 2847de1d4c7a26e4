import { Fault, isFault, type Progress } from "@verigate/call";
import type { User, UserList } from "../provider.ts";
import type { UserLists } from "./user-lists.ts";

/** How far the clock that stamps users may be from the one that stamps answers. */
const toleranceMs = 2_000;

/**
 * What became of a CreateUser whose answer was lost, `unknown`: the list of users
 * tells. Exactly one user of this id_in_service, created no earlier than the
 * attempt by the upstream's own clock, is ours. An older one was there before: it
 * may have another phone, so taking it for ours would bind a login to that phone.
 * What is too close to call, and whatever else does not decide it, leaves the
 * outcome unknown.
 */
export async function repairCreateUser(
  lists: UserLists,
  params: { readonly serviceId: string; readonly idInService: string },
  progress: Progress,
  { unknown, nowMs }: { readonly unknown: Fault; readonly nowMs: number },
): Promise<User> {
  const list = await lists.load(params.serviceId, nowMs, progress.traceContext).catch(() => undefined);
  const [index, ...more] = list?.indexesOf(params.idInService) ?? [];
  const attemptedAtMs = list === undefined ? undefined : upstreamTime(list, progress.attemptedAtMs);
  if (list === undefined || index === undefined || more.length > 0 || attemptedAtMs === undefined) {
    throw unknown;
  }
  const user = list.at(index);
  const createdAtMs = user.createTime.seconds * 1_000 + user.createTime.nanos / 1_000_000;
  if (createdAtMs < attemptedAtMs - toleranceMs) {
    throw new Fault("user-exists");
  }
  if (createdAtMs < attemptedAtMs) {
    throw unknown;
  }
  return user;
}

/** Whether a CreateUser failed in a way that {@link repairCreateUser} can clear up. */
export function isLostCreateUser(error: unknown): error is Fault {
  return isFault(error) && error.kind === "outcome-unknown";
}

/**
 * What the provider's clock showed, at the earliest, when ours showed `localMs`; undefined where
 * the provider tells no time. Its Date has whole seconds and is some time under
 * way, so what was created after `localMs` is never before this.
 */
function upstreamTime({ answeredAt }: UserList, localMs: number): number | undefined {
  return answeredAt === undefined ? undefined : answeredAt.upstreamMs - (answeredAt.localMs - localMs);
}
