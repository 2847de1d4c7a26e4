import { Fault, isFault, type Progress } from "@verigate/call";
import type { User, UserList } from "../provider.ts";
import type { UserLists } from "./user-lists.ts";

/** The Date header has whole seconds, and an answer takes some time. */
const toleranceMs = 2_000;

/**
 * What became of a CreateUser whose answer was lost, `unknown`: the list of users
 * tells. Exactly one user of this id_in_service, created no earlier than the
 * attempt by the upstream's own clock, is ours. An older one was there before: it
 * may have another phone, so taking it for ours would bind a login to that phone.
 * Whatever does not decide it leaves the outcome unknown.
 */
export async function repairCreateUser(
  lists: UserLists,
  params: { readonly serviceId: string; readonly idInService: string },
  progress: Progress,
  { unknown, nowMs }: { readonly unknown: Fault; readonly nowMs: number },
): Promise<User> {
  const list = await lists.load(params.serviceId, nowMs).catch(() => undefined);
  const [index, ...more] = list?.indexesOf(params.idInService) ?? [];
  const attemptedAtMs = list === undefined ? undefined : upstreamTime(list, progress.attemptedAtMs);
  if (list === undefined || index === undefined || more.length > 0 || attemptedAtMs === undefined) {
    throw unknown;
  }
  const user = list.at(index);
  if (user.createTime.seconds * 1_000 + user.createTime.nanos / 1_000_000 < attemptedAtMs - toleranceMs) {
    throw new Fault("user-exists");
  }
  return user;
}

/** Whether a CreateUser failed in a way that {@link repairCreateUser} can clear up. */
export function isLostCreateUser(error: unknown): error is Fault {
  return isFault(error) && error.kind === "outcome-unknown";
}

/** What the provider's clock showed when ours showed `localMs`; undefined where the provider tells no time. */
function upstreamTime({ answeredAt }: UserList, localMs: number): number | undefined {
  return answeredAt === undefined ? undefined : answeredAt.upstreamMs - (answeredAt.localMs - localMs);
}
