import { type Answer, type Attempt, createProgress, isFault } from "@verigate/call";
import { createTestClock } from "@verigate/call/testing";
import { expect, it } from "vitest";
import { type Account, createCredentials } from "./credentials.ts";

const attempt: Attempt = {
  operation: "VerifyPin",
  operationClass: "authentication",
  retry: "unsent-only",
  method: "PUT",
  path: "/",
  pathTemplate: "/",
  headers: { accept: "application/json" },
  body: undefined,
  answerBytesMax: 1,
  progress: createProgress(),
};

/** An upstream that knows one password, and an account that the test can change. */
function scene() {
  const clock = createTestClock();
  const seen: string[] = [];
  const world = {
    account: { username: "user", password: "old" } as Account | undefined,
    accepted: "user:old",
    status: 200,
  };
  const refused: string[] = [];
  const account = createCredentials({
    clock,
    onRefused: ({ operation }) => refused.push(operation),
    readAccount() {
      if (world.account === undefined) {
        throw new Error("gone");
      }
      return world.account;
    },
  });
  const exchange = account.layer(async ({ headers }): Promise<Answer> => {
    const auth = headers["x-service-auth"] ?? "";
    seen.push(auth);
    return {
      status: auth === world.accepted ? world.status : 401,
      headers: {},
      body: Buffer.alloc(0),
      answeredAtMs: 0,
    };
  });
  const call = async () => {
    try {
      return (await exchange(attempt)).status;
    } catch (error) {
      return isFault(error) ? error.kind : String(error);
    }
  };
  const calls = async (count: number) => {
    for (let each = 0; each < count; each += 1) {
      await call();
    }
  };
  return { clock, seen, world, refused, account, call, calls };
}

it("signs with name and password joined by a colon, and leaves the attempt as it was", async () => {
  const { seen, call } = scene();

  expect(await call()).toBe(200);
  expect(seen).toEqual(["user:old"]);
  expect(attempt.headers).toEqual({ accept: "application/json" });
});

it("an account that has changed counts from the first refusal on, and the refused attempt is sent again", async () => {
  const { seen, world, call } = scene();
  world.account = { username: "user", password: "new" };
  world.accepted = "user:new";

  expect(await call()).toBe(200);
  expect(await call()).toBe(200);
  expect(seen).toEqual(["user:old", "user:new", "user:new"]);
});

it("every attempt that was under way when the account changed is sent again", async () => {
  const { seen, world, call } = scene();
  world.account = { username: "user", password: "new" };
  world.accepted = "user:new";

  expect(await Promise.all([call(), call(), call()])).toEqual([200, 200, 200]);
  expect(seen).toEqual(["user:old", "user:old", "user:old", "user:new", "user:new", "user:new"]);
});

it("a refusal is not repeated where the account has not changed, or can't be read", async () => {
  const { seen, world, call } = scene();
  world.accepted = "another";

  expect(await call()).toBe(401);
  world.account = undefined;
  expect(await call()).toBe(401);
  expect(seen).toHaveLength(2);
});

it("after five refusals in a row the upstream is asked once in 10 s, until it accepts", async () => {
  const { clock, seen, world, call, calls } = scene();
  world.accepted = "another";
  await calls(5);
  expect(await call()).toBe(401);
  expect(await call()).toBe("upstream-credentials-rejected");
  clock.advance(9_999);
  expect(await call()).toBe("upstream-credentials-rejected");
  expect(seen).toHaveLength(6);
  clock.advance(1);
  world.accepted = "user:old";
  expect(await call()).toBe(200);
  expect(await call()).toBe(200);
});

it("while it is asked no more, a changed account is tried at once", async () => {
  const { world, call, calls } = scene();
  world.accepted = "user:new";
  await calls(6);
  expect(await call()).toBe("upstream-credentials-rejected");
  world.account = { username: "user", password: "new" };

  expect(await call()).toBe(200);
});

it("other answers end the row of refusals, but a 5xx does not", async () => {
  const { world, call, calls } = scene();
  world.accepted = "another";
  await calls(4);
  world.accepted = "user:old";
  world.status = 404;
  expect(await call()).toBe(404);
  world.accepted = "another";
  await calls(4);
  world.accepted = "user:old";
  world.status = 503;
  expect(await call()).toBe(503);
  world.accepted = "another";
  expect(await call()).toBe(401);
  expect(await call()).toBe(401);
  expect(await call()).toBe("upstream-credentials-rejected");
});

it("tells of attempts that fail right here, and that it is so, until the upstream accepts", async () => {
  const { clock, world, refused, account, call, calls } = scene();
  world.accepted = "another";
  await calls(5);
  expect([account.areLocked, refused]).toEqual([true, []]);
  await calls(2);
  expect(refused).toEqual(["VerifyPin"]);
  clock.advance(10_000);
  world.accepted = "user:old";
  expect(await call()).toBe(200);
  expect([account.areLocked, refused]).toEqual([false, ["VerifyPin"]]);
});
