import { expect, it } from "vitest";
import { UserList } from "./user-list.ts";
import { decodeUserList } from "./user-list-decoder.ts";

const ctime = "2017-07-06T13:12:03.141Z";

function bodyOf(count: number): Buffer {
  const users = Array.from({ length: count }, (_, index) => ({
    id: `id-${index}`,
    id_in_service: `name-${index}`,
    ctime,
  }));
  return Buffer.from(JSON.stringify({ users: users.reverse(), total: count }));
}

it.each([3, 20_000])("decodes a list of %d users", async (count) => {
  const list = new UserList(await decodeUserList(bodyOf(count)), undefined);

  expect(list.size).toBe(count);
  expect(list.at(0)).toEqual({
    id: "id-0",
    idInService: "name-0",
    createTime: { seconds: 1_499_346_723, nanos: 141_000_000 },
  });
  expect(list.indexesOf("name-2").map((index) => list.at(index).id)).toEqual(["id-2"]);
});

it("the event loop turns while a large list is decoded", async () => {
  const decoding = decodeUserList(bodyOf(100_000));
  const first = await Promise.race([
    decoding.then(() => "list"),
    new Promise((resolve) => setImmediate(() => setImmediate(resolve, "loop"))),
  ]);

  expect(first).toBe("loop");
  expect((await decoding).seconds).toHaveLength(100_000);
});

it.each([
  ["small", Buffer.from('{"users":[{"id":1}]}'), 'has no string "id"'],
  ["large", Buffer.from(`{"users":[{"id":1}],"filler":"${"x".repeat(100_000)}"}`), 'has no string "id"'],
  ["large and cut", bodyOf(20_000).subarray(0, 500_000), "is not JSON"],
])("a %s body that can't be understood is a bad response that says why", async (_, body, why) => {
  await expect(decodeUserList(body)).rejects.toMatchObject({
    kind: "upstream-bad-response",
    publicMessage: `the provider's answer ${why}`,
  });
});
