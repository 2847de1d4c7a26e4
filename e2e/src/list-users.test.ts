import { describe, expect, test } from "vitest";
import { startGateway } from "./gateway-under-test.ts";
import { type RpcClient, rpcClient } from "./rpc-client.ts";
import { rpcError, rpcErrorOf } from "./rpc-error.ts";
import { ctime } from "./samples.ts";
import { startSandbox } from "./sandbox-under-test.ts";
import { type RecordedRequest, type ScriptedUpstream, startScriptedUpstream } from "./scripted-upstream.ts";

const invalid = (field: string) => rpcError("InvalidArgument", "INVALID_REQUEST", "FIX_REQUEST", { fields: [field] });
const userOf = (id: string, idInService = `${id}@shop.example`) => ({ id, ctime, id_in_service: idInService });
const pad = (index: number) => String(index).padStart(6, "0");
/** Users in an order that is none. */
const usersOf = (count: number) => Array.from({ length: count }, (_, index) => userOf(`u${pad((index * 7) % count)}`));

async function startWith(users: readonly unknown[], more: object = {}) {
  const upstream = await startScriptedUpstream({ status: 200, body: { users, ...more } });
  const gateway = await startGateway({ upstream });
  return { upstream, gateway, users: rpcClient(gateway).users };
}

const idsOf = ({ users }: { readonly users: readonly { readonly id: string }[] }) => users.map(({ id }) => id);

/** The pages of a service's list, one after the other. */
async function pagesOf(users: RpcClient["users"], pageSize: number, serviceId = "s1"): Promise<string[][]> {
  const pages: string[][] = [];
  for (let pageToken = ""; ; ) {
    const page = await users.listUsers({ serviceId, pageSize, pageToken });
    pages.push(idsOf(page));
    if (page.nextPageToken === "") {
      return pages;
    }
    pageToken = page.nextPageToken;
  }
}

test("a list is ordered by the bytes of the ids", async () => {
  const { users } = await startWith(["b", "ä", "a", "B", "10", "9", "𝒳", "ﬀ"].map((id) => userOf(id)));
  expect(idsOf(await users.listUsers({ serviceId: "s1" }))).toEqual(["10", "9", "B", "a", "b", "ä", "ﬀ", "𝒳"]);
});

test("a user of a list is told as upstream told it", async () => {
  const { users } = await startWith([{ id: "u1", ctime: "2017-09-15T08:13:26.965341", id_in_service: "anna" }]);
  const { users: listed } = await users.listUsers({ serviceId: "s1" });
  expect(listed).toMatchObject([
    { id: "u1", idInService: "anna", createTime: { seconds: 1505463206n, nanos: 965_341_000 } },
  ]);
});

test("pages follow each other without gap or repeat, and the last one's token is empty", async () => {
  const { users, upstream } = await startWith(usersOf(25));
  const pages = await pagesOf(users, 10);
  expect(pages.map(({ length }) => length)).toEqual([10, 10, 5]);
  expect(pages.flat()).toEqual(Array.from({ length: 25 }, (_, index) => `u${pad(index)}`));
  expect(upstream.arrivals).toBe(1);
});

test("a last page that is full has an empty token", async () => {
  const { users } = await startWith(usersOf(20));
  expect((await pagesOf(users, 10)).map(({ length }) => length)).toEqual([10, 10]);
});

test.each([
  { pageSize: 0, length: 100 },
  { pageSize: 1, length: 1 },
  { pageSize: 1_000, length: 1_000 },
  { pageSize: 1_001, length: 1_000 },
  { pageSize: 2_147_483_647, length: 1_000 },
])("a page_size of $pageSize gives $length users", async ({ pageSize, length }) => {
  const { users } = await startWith(usersOf(1_500));
  expect((await users.listUsers({ serviceId: "s1", pageSize })).users).toHaveLength(length);
});

test("a negative page_size is refused", async () => {
  const { users, upstream } = await startWith(usersOf(3));
  expect(await rpcErrorOf(users.listUsers({ serviceId: "s1", pageSize: -1 }))).toEqual(invalid("page_size"));
  expect(upstream.arrivals).toBe(0);
});

describe("a token", () => {
  test("of another service is refused", async () => {
    const { users } = await startWith(usersOf(3));
    const { nextPageToken: pageToken } = await users.listUsers({ serviceId: "s1", pageSize: 1 });
    expect(await rpcErrorOf(users.listUsers({ serviceId: "s2", pageToken }))).toEqual(invalid("page_token"));
  });

  test("of another filter is refused", async () => {
    const { users } = await startWith(usersOf(3));
    const { nextPageToken: pageToken } = await users.listUsers({ serviceId: "s1", pageSize: 1 });
    const call = users.listUsers({ serviceId: "s1", pageToken, idInService: "anna" });
    expect(await rpcErrorOf(call)).toEqual(invalid("page_token"));
  });

  test.each(["x", "null", Buffer.from("[]").toString("base64url"), Buffer.from('[1,"s1","",7]').toString("base64url")])(
    "that is none, %s, is refused",
    async (pageToken) => {
      const { users, upstream } = await startWith(usersOf(3));
      expect(await rpcErrorOf(users.listUsers({ serviceId: "s1", pageToken }))).toEqual(invalid("page_token"));
      expect(upstream.arrivals).toBe(0);
    },
  );

  test("works on another replica, and after its user is gone", async () => {
    const here = await startWith(["u1", "u2", "u3"].map((id) => userOf(id)));
    const there = await startWith(["u1", "u3"].map((id) => userOf(id)));
    const { nextPageToken: pageToken } = await here.users.listUsers({ serviceId: "s1", pageSize: 2 });
    expect(idsOf(await there.users.listUsers({ serviceId: "s1", pageToken }))).toEqual(["u3"]);
  });
});

test.each([
  { name: "total", more: { total: 2 } },
  { name: "count", more: { count: 2 } },
  { name: "neither", more: {} },
  { name: "a total that is wrong", more: { total: "many" } },
])("a list with $name is understood", async ({ more }) => {
  const { users } = await startWith(usersOf(2), more);
  expect((await users.listUsers({ serviceId: "s1" })).users).toHaveLength(2);
});

test("a list of nobody is one empty page", async () => {
  const { users } = await startWith([]);
  expect(await pagesOf(users, 10)).toEqual([[]]);
});

test("ten callers at once cost one request upstream", async () => {
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const upstream = await startScriptedUpstream(async ({ path }) => {
    if (path.endsWith("/users")) {
      await held;
    }
    return { status: 200, body: { users: usersOf(3), ...userOf("u1") } };
  });
  const gateway = await startGateway({ upstream });
  const { users } = rpcClient(gateway);
  const pages = Array.from({ length: 10 }, () => users.listUsers({ serviceId: "s1" }));
  // They came in before this one, on the same connection.
  await users.getUser({ serviceId: "s1", userId: "u1" });
  release();
  expect((await Promise.all(pages)).map(idsOf)).toEqual(
    Array.from({ length: 10 }, () => ["u000000", "u000001", "u000002"]),
  );
  expect(upstream.requests.filter(({ path }) => path.endsWith("/users"))).toHaveLength(1);
});

describe("the filter id_in_service", () => {
  test("matches exactly, and pages", async () => {
    const users = ["anna", "Anna", "anna ", "ann", "anna"].map((name, index) => userOf(`u${index}`, name));
    const client = await startWith(users);
    const first = await client.users.listUsers({ serviceId: "s1", idInService: "anna", pageSize: 1 });
    expect(idsOf(first)).toEqual(["u0"]);
    const { nextPageToken: pageToken } = first;
    const second = await client.users.listUsers({ serviceId: "s1", idInService: "anna", pageSize: 1, pageToken });
    expect([idsOf(second), second.nextPageToken]).toEqual([["u4"], ""]);
  });

  test("never says that there is nobody from a list older than the question", async () => {
    const upstream = await startScriptedUpstream({ status: 200, body: { users: [] } });
    const { users } = rpcClient(await startGateway({ upstream }));
    const ask = () => users.listUsers({ serviceId: "s1", idInService: "anna" });
    expect(idsOf(await ask())).toEqual([]);
    upstream.react({ status: 200, body: { users: [userOf("u1", "anna")] } });
    expect(idsOf(await ask())).toEqual(["u1"]);
  });
});

describe("with the sandbox", () => {
  const start = async () => {
    const sandbox = await startSandbox();
    const gateway = await startGateway({ upstream: sandbox });
    const client = rpcClient(gateway);
    const { service } = await client.services.createService({ fqdn: "shop.example", name: "Shop" });
    return { sandbox, client, serviceId: service?.id ?? "" };
  };
  const anna = { phoneNumber: "+37255555555", idInService: "anna" };

  test("a user that was created through the gateway is listed at once, and one that was deleted no more", async () => {
    const { client, serviceId } = await start();
    const list = async () => idsOf(await client.users.listUsers({ serviceId }));
    expect(await list()).toEqual([]);
    const { user } = await client.users.createUser({ serviceId, ...anna });
    expect(await list()).toEqual([user?.id]);
    await client.users.deleteUser({ serviceId, userId: user?.id ?? "" });
    expect(await list()).toEqual([]);
  });

  test("after USER_EXISTS the filter finds the user", async () => {
    const { client, serviceId } = await start();
    const { user } = await client.users.createUser({ serviceId, ...anna });
    expect(await rpcErrorOf(client.users.createUser({ serviceId, ...anna }))).toEqual(
      rpcError("AlreadyExists", "USER_EXISTS", "FIX_REQUEST"),
    );
    expect(idsOf(await client.users.listUsers({ serviceId, idInService: "anna" }))).toEqual([user?.id]);
  });

  test("a user whose creation lost its answer is listed", async () => {
    const { sandbox, client, serviceId } = await start();
    expect(idsOf(await client.users.listUsers({ serviceId, idInService: "anna" }))).toEqual([]);
    await sandbox.control("faults", { call: "createUser", reset: "after" });
    // Whether the gateway found it by itself is another test's business.
    await client.users.createUser({ serviceId, ...anna }).catch(() => undefined);
    expect((await client.users.listUsers({ serviceId, idInService: "anna" })).users).toMatchObject([
      { idInService: "anna" },
    ]);
  });

  test("pages cover every one of 2,500 users once, in order", async () => {
    const { sandbox, client, serviceId } = await start();
    await sandbox.control("users", { service_id: serviceId, count: 2_500 });
    const ids = (await pagesOf(client.users, 1_000, serviceId)).flat();
    expect(new Set(ids).size).toBe(2_500);
    expect(ids).toEqual([...ids].sort());
  });
});

describe("a large list", () => {
  const body = Buffer.from(JSON.stringify({ users: usersOf(100_000), total: 100_000 }));
  const answerTo = ({ path }: RecordedRequest) =>
    path.endsWith("/users") ? { status: 200, body } : { status: 200, body: userOf("u1") };

  test("of 100,000 users is served, and other calls are answered while it is decoded", async () => {
    const upstream: ScriptedUpstream = await startScriptedUpstream(answerTo);
    const gateway = await startGateway({ upstream, env: { VERIGATE_LIST_ATTEMPT_TIMEOUT: "20s" } });
    const { users } = rpcClient(gateway);
    let isListed = false;
    const list = users.listUsers({ serviceId: "s1", pageSize: 1_000 }, { timeoutMs: 25_000 }).then((page) => {
      isListed = true;
      return page;
    });
    await upstream.received(1);
    // One after the other: if decoding blocked the event loop, the list would be there after the first few.
    let answeredBefore = 0;
    while (!isListed) {
      await users.getUser({ serviceId: "s1", userId: "u1" });
      answeredBefore += 1;
    }
    const { users: page, nextPageToken } = await list;
    expect(page.map(({ id }) => id)).toEqual(Array.from({ length: 1_000 }, (_, index) => `u${pad(index)}`));
    expect(nextPageToken).not.toBe("");
    expect(answeredBefore).toBeGreaterThan(20);
  });

  test("over 64 MiB is refused, and the next call is served", async () => {
    const upstream = await startScriptedUpstream(({ path }) =>
      path.endsWith("/users")
        ? { status: 200, body: Buffer.alloc(64 * 1024 * 1024 + 1, " ") }
        : { status: 200, body: userOf("u1") },
    );
    const gateway = await startGateway({ upstream, env: { VERIGATE_LIST_ATTEMPT_TIMEOUT: "20s" } });
    const { users } = rpcClient(gateway);
    expect(await rpcErrorOf(users.listUsers({ serviceId: "s1" }))).toEqual(
      rpcError("Internal", "UPSTREAM_BAD_RESPONSE", "OPERATOR"),
    );
    expect((await users.getUser({ serviceId: "s1", userId: "u1" })).user?.id).toBe("u1");
  });

  test("that is no list is refused, and the next call is served", async () => {
    const upstream = await startScriptedUpstream(({ path }) =>
      path.endsWith("/users")
        ? { status: 200, body: `{"users":${"[".repeat(1_000_000)}` }
        : { status: 200, body: userOf("u1") },
    );
    const { users } = rpcClient(await startGateway({ upstream }));
    expect(await rpcErrorOf(users.listUsers({ serviceId: "s1" }))).toEqual(
      rpcError("Internal", "UPSTREAM_BAD_RESPONSE", "OPERATOR"),
    );
    expect((await users.getUser({ serviceId: "s1", userId: "u1" })).user?.id).toBe("u1");
  });
});
