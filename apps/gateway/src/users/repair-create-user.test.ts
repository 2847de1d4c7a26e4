import { createProgress, Fault, isFault } from "@verigate/call";
import { expect, it } from "vitest";
import type { User, UserList } from "../provider.ts";
import { repairCreateUser } from "./repair-create-user.ts";

// The attempt began at 1,000 by our clock; the list was answered at 4,000, which upstream calls 12:00:10.
const answeredAt = { upstreamMs: Date.UTC(2024, 0, 1, 12, 0, 10), localMs: 4_000 };
const attemptedAtUpstream = Date.UTC(2024, 0, 1, 12, 0, 7) / 1_000;

function userOf(secondsAfterAttempt: number, idInService = "anna"): User {
  const seconds = attemptedAtUpstream + Math.floor(secondsAfterAttempt);
  const nanos = Math.round((secondsAfterAttempt - Math.floor(secondsAfterAttempt)) * 1e9);
  return { id: `user-${secondsAfterAttempt}`, idInService, createTime: { seconds, nanos } };
}

function listOf(users: readonly User[], given: Partial<UserList> = {}): UserList {
  return {
    size: users.length,
    byteLength: 1,
    answeredAt,
    at: (index) => users[index] as User,
    indexAfter: () => 0,
    indexesOf: (idInService) => [...users.keys()].filter((index) => users[index]?.idInService === idInService),
    ...given,
  };
}

async function outcomeOf(list: UserList | Fault): Promise<string> {
  const asked: number[] = [];
  const lists = {
    async load(_: string, notBeforeMs: number) {
      asked.push(notBeforeMs);
      if (isFault(list)) {
        throw list;
      }
      return list;
    },
    forget() {},
  };
  const progress = { ...createProgress(), attemptedAtMs: 1_000 };
  const unknown = new Fault("outcome-unknown");
  try {
    const user = await repairCreateUser(lists, { serviceId: "s", idInService: "anna" }, progress, {
      unknown,
      nowMs: 3_000,
    });
    return user.id;
  } catch (error) {
    return isFault(error) ? error.kind : String(error);
  } finally {
    expect(asked).toEqual([3_000]);
  }
}

it.each([0, 1, 60])("a user created %d s after the attempt is ours", async (seconds) => {
  expect(await outcomeOf(listOf([userOf(seconds), userOf(-100, "bob")]))).toBe(`user-${seconds}`);
});

it.each([-2.001, -3, -86_400])("a user created %d s after the attempt was there before", async (seconds) => {
  expect(await outcomeOf(listOf([userOf(seconds)]))).toBe("user-exists");
});

it.each([-0.001, -1, -2])("a user created %d s after the attempt is too close to call", async (seconds) => {
  expect(await outcomeOf(listOf([userOf(seconds)]))).toBe("outcome-unknown");
});

it.each([
  ["nobody has that id_in_service", listOf([userOf(1, "bob")])],
  ["two users have it", listOf([userOf(1), userOf(2)])],
  ["the provider tells no time", listOf([userOf(1)], { answeredAt: undefined })],
  ["the list can't be had", new Fault("upstream-failed")],
])("where %s, the outcome stays unknown", async (_, list) => {
  expect(await outcomeOf(list)).toBe("outcome-unknown");
});
