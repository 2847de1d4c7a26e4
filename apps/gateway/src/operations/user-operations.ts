import type { Clock } from "@verigate/call";
import type { UserAPI } from "@verigate/contract";
import type { RetryBudget } from "@verigate/resilience";
import type { Provider, User } from "../provider.ts";
import { listPage } from "../users/list-page.ts";
import { isLostCreateUser, repairCreateUser } from "../users/repair-create-user.ts";
import type { UserLists } from "../users/user-lists.ts";
import type { Operations } from "./operations.ts";
import { timestampFromInstant } from "./timestamp.ts";

export interface UserOperationsOptions {
  readonly provider: Provider;
  readonly lists: UserLists;
  readonly clock: Clock;
  /** Says whether the upstream can take the list that finds out what became of a lost CreateUser. */
  readonly repairBudget: Pick<RetryBudget, "allowsRepeat">;
}

export function userOperations(options: UserOperationsOptions): Operations<typeof UserAPI> {
  const { provider, lists, clock, repairBudget } = options;
  return {
    async createUser({ serviceId, phoneNumber, idInService }, { progress }) {
      const params = { serviceId, phoneNumber, idInService };
      const created = await provider.createUser(params, progress).catch((error: unknown) => {
        // What is known of the users was known before this.
        lists.forget(serviceId);
        // The lost one was charged to the budget; a list is the largest answer there is.
        if (!isLostCreateUser(error) || !repairBudget.allowsRepeat) {
          throw error;
        }
        return repairCreateUser(lists, params, progress, { unknown: error, nowMs: clock.nowMs() });
      });
      lists.forget(serviceId);
      return { user: messageFromUser(created) };
    },
    async getUser({ serviceId, userId }, { progress }) {
      return { user: messageFromUser(await provider.getUser({ serviceId, userId }, progress)) };
    },
    async listUsers(request, call) {
      const { users, nextPageToken } = await listPage(lists, request, call);
      return { users: users.map(messageFromUser), nextPageToken };
    },
    async deleteUser({ serviceId, userId }, { progress }) {
      try {
        await provider.deleteUser({ serviceId, userId }, progress);
        return {};
      } finally {
        lists.forget(serviceId);
      }
    },
  };
}

function messageFromUser({ id, idInService, createTime }: User) {
  return { id, idInService, createTime: timestampFromInstant(createTime) };
}
