import { Fault, type Progress } from "@verigate/call";
import { createTestClock } from "@verigate/call/testing";
import { expect, it } from "vitest";
import type { UserList } from "../provider.ts";
import { createUserLists } from "./user-lists.ts";

function listOf(name: string, byteLength = 1_000): UserList {
  const createTime = { seconds: 0, nanos: 0 };
  return {
    size: 1,
    answeredAt: undefined,
    byteLength,
    at: () => ({ id: name, idInService: name, createTime }),
    indexAfter: () => 0,
    indexesOf: () => [0],
  };
}

/** Lists over a provider whose answers the test gives, one by one. */
function scene() {
  const clock = createTestClock();
  const asked: {
    serviceId: string;
    deadlineAtMs: number;
    answer: (list: UserList) => void;
    fail: (fault: Fault) => void;
  }[] = [];
  const provider = {
    listUsers: ({ serviceId }: { serviceId: string }, { deadlineAtMs }: Progress) =>
      new Promise<UserList>((answer, fail) => {
        asked.push({ serviceId, deadlineAtMs, answer, fail });
      }),
  };
  const told: string[] = [];
  return {
    clock,
    asked,
    told,
    lists: createUserLists({
      provider,
      clock,
      keptMs: 30_000,
      bytesMax: 10_000,
      fetchMsMax: 15_000,
      fetchesMax: 2,
      waitingMax: 1,
      onLoad: (result) => told.push(result),
    }),
  };
}

const anyTime = Number.NEGATIVE_INFINITY;
const settle = () => new Promise((resolve) => setImmediate(resolve));

it("callers at the same time share one fetch", async () => {
  const { asked, lists } = scene();
  const loads = [lists.load("s", anyTime), lists.load("s", anyTime), lists.load("other", anyTime)];

  expect(asked.map(({ serviceId }) => serviceId)).toEqual(["s", "other"]);
  const list = listOf("a");
  asked[0]?.answer(list);
  asked[1]?.answer(listOf("b"));
  expect((await Promise.all(loads))[1]).toBe(list);
});

it("a list is kept for 30 s, and then fetched again", async () => {
  const { clock, asked, lists } = scene();
  const first = lists.load("s", anyTime);
  asked[0]?.answer(listOf("a"));
  await first;

  clock.advance(30_000);
  await lists.load("s", anyTime);
  expect(asked).toHaveLength(1);
  clock.advance(1);
  const second = lists.load("s", anyTime);
  expect(asked).toHaveLength(2);
  asked[1]?.answer(listOf("b"));
  await second;
});

it("a list that has been forgotten while it was fetched is not kept", async () => {
  const { asked, lists } = scene();
  const early = lists.load("s", anyTime);
  lists.forget("s");
  asked[0]?.answer(listOf("before the change"));
  await early;

  const late = lists.load("s", anyTime);
  expect(asked).toHaveLength(2);
  asked[1]?.answer(listOf("after the change"));
  expect((await late).at(0).id).toBe("after the change");
});

it("who needs a list no older than now waits for the fetch under way, and then for one more that all who wait share", async () => {
  const { clock, asked, lists } = scene();
  const early = lists.load("s", anyTime);
  clock.advance(10);
  const late = [lists.load("s", clock.nowMs()), lists.load("s", clock.nowMs())];
  asked[0]?.answer(listOf("early"));
  expect((await early).at(0).id).toBe("early");
  await settle();

  expect(asked).toHaveLength(2);
  asked[1]?.answer(listOf("late"));
  expect((await Promise.all(late)).map((list) => list.at(0).id)).toEqual(["late", "late"]);
});

it("two fetches go on at a time, one more waits, and another is refused", async () => {
  const { asked, lists } = scene();
  const loads = ["a", "b", "c"].map((serviceId) => lists.load(serviceId, anyTime));
  expect(asked.map(({ serviceId }) => serviceId)).toEqual(["a", "b"]);
  await expect(lists.load("d", anyTime)).rejects.toMatchObject({ kind: "overloaded" });

  asked[1]?.fail(new Fault("upstream-failed"));
  await expect(loads[1]).rejects.toMatchObject({ kind: "upstream-failed" });
  await settle();
  expect(asked.map(({ serviceId }) => serviceId)).toEqual(["a", "b", "c"]);
  asked[0]?.answer(listOf("a"));
  asked[2]?.answer(listOf("c"));
  await Promise.all([loads[0], loads[2]]);
  void lists.load("e", anyTime);
  void lists.load("f", anyTime);
  expect(asked.map(({ serviceId }) => serviceId)).toEqual(["a", "b", "c", "e", "f"]);
});

it("a fetch has a deadline of its own, so that no wait for the provider outlasts its callers for long", async () => {
  const { clock, asked, lists } = scene();
  clock.advance(1_000);
  void lists.load("s", anyTime);

  expect(asked[0]?.deadlineAtMs).toBe(16_000);
});

it("a fetch that fails fails for all who wait for it, and is not kept", async () => {
  const { asked, lists } = scene();
  const loads = Promise.allSettled([lists.load("s", anyTime), lists.load("s", anyTime)]);
  asked[0]?.fail(new Fault("upstream-failed"));
  expect((await loads).map(({ status }) => status)).toEqual(["rejected", "rejected"]);

  const again = lists.load("s", anyTime);
  expect(asked).toHaveLength(2);
  asked[1]?.answer(listOf("a"));
  await again;
});

it("the memory of the lists that are kept is bounded, and a list over the bound is not kept", async () => {
  const { asked, lists } = scene();
  const load = async (serviceId: string, byteLength: number) => {
    const before = asked.length;
    const loading = lists.load(serviceId, anyTime);
    asked[before]?.answer(listOf(serviceId, byteLength));
    await loading;
    return asked.length - before;
  };

  expect(await load("huge", 20_000)).toBe(1);
  expect(await load("huge", 20_000)).toBe(1);
  expect(await load("a", 6_000)).toBe(1);
  expect(await load("b", 6_000)).toBe(1);
  expect(await load("b", 6_000)).toBe(0);
  expect(await load("a", 6_000)).toBe(1);
});

it("says of each list that was asked for whether it was kept, fetched or failed", async () => {
  const { asked, told, lists } = scene();
  const [first, second] = [lists.load("s", anyTime), lists.load("s", anyTime)];
  asked[0]?.answer(listOf("a"));
  await Promise.all([first, second]);
  expect(told.splice(0)).toEqual(["fetched", "fetched"]);
  await lists.load("s", anyTime);
  expect(told.splice(0)).toEqual(["kept"]);
  const failing = lists.load("other", anyTime);
  asked[1]?.fail(new Fault("upstream-failed"));
  await failing.catch(() => {});
  expect(told).toEqual(["failed"]);
});
