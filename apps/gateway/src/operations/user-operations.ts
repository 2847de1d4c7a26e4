import type { UserAPI } from "@verigate/contract";
import type { Provider, User } from "../provider.ts";
import { listPage } from "../users/list-page.ts";
import type { UserLists } from "../users/user-lists.ts";
import type { Operations } from "./operations.ts";
import { timestampFromInstant } from "./timestamp.ts";

export function userOperations(provider: Provider, lists: UserLists): Operations<typeof UserAPI> {
  return {
    async createUser({ serviceId, phoneNumber, idInService }, { progress }) {
      try {
        return { user: messageFromUser(await provider.createUser({ serviceId, phoneNumber, idInService }, progress)) };
      } finally {
        // Also where it failed: it may have been carried out.
        lists.forget(serviceId);
      }
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
