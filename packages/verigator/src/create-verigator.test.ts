import { type Answer, createProgress, Fault, type Progress } from "@verigate/call";
import { expect, it } from "vitest";
import { type AnswerRead, createVerigator } from "./create-verigator.ts";

const user = { id: "u1", ctime: "2017-07-06T13:12:03.141Z", id_in_service: "anna" };
const ref = { serviceId: "s1", userId: "u1" };

/** What is told of the answer to a call, and how the call ended. */
async function readOf(
  answer: { readonly status: number; readonly body?: unknown } | Fault,
  method: "getUser" | "deleteUser" | "listUsers" | "verifyPin" = "getUser",
  progress: Progress = createProgress(),
) {
  const reads: AnswerRead[] = [];
  const { [method]: call } = createVerigator({
    exchange: async (): Promise<Answer> => {
      if (answer instanceof Fault) {
        throw answer;
      }
      const { body = "", ...rest } = answer;
      const text = typeof body === "string" ? body : JSON.stringify(body);
      return { headers: {}, body: Buffer.from(text), answeredAtMs: 0, ...rest };
    },
    decodeUserList: async () => {
      throw new Fault("upstream-bad-response");
    },
    onRead: (read) => reads.push(read),
  });
  const outcome = await (call as (params: object, progress: object) => Promise<unknown>)(ref, progress).then(
    () => "success",
    (error) => error.kind,
  );
  return { outcome, reads };
}

it.each([
  ["a user", { status: 200, body: user }, "success", true],
  ["what is no user", { status: 200, body: { id: "u1" } }, "upstream-bad-response", false],
  ["what is no JSON", { status: 200, body: "<html>" }, "upstream-bad-response", false],
  ["another success", { status: 202, body: user }, "upstream-bad-response", false],
  ["a redirect", { status: 301 }, "upstream-bad-response", false],
  ["a 404 of the API", { status: 404, body: {} }, "user-not-found", true],
  ["a 404 of a proxy", { status: 404, body: "<html>" }, "upstream-bad-response", false],
  ["a 429", { status: 429 }, "upstream-rate-limited", true],
  ["a 500", { status: 500, body: "<html>" }, "upstream-failed", true],
] as const)("of %s is told whether it could be understood, once", async (_, answer, outcome, isUnderstood) => {
  expect(await readOf(answer)).toEqual({
    outcome,
    reads: [{ operation: "GetUser", status: answer.status, isUnderstood }],
  });
});

it("a list that can't be decoded is told as not understood", async () => {
  expect(await readOf({ status: 200 }, "listUsers")).toEqual({
    outcome: "upstream-bad-response",
    reads: [{ operation: "ListUsers", status: 200, isUnderstood: false }],
  });
});

it("a user who is gone, after an attempt to delete that was lost, is told as understood", async () => {
  expect(await readOf({ status: 404 }, "deleteUser", { ...createProgress(), isAnswerLost: true })).toEqual({
    outcome: "success",
    reads: [{ operation: "DeleteUser", status: 404, isUnderstood: true }],
  });
});

it.each([
  ["nonsense to a delete", { status: 200, body: "<html>" }, "deleteUser", false],
  ["a 404 of a proxy to a delete", { status: 404, body: "<html>" }, "deleteUser", true],
  ["a redirect of a delete", { status: 302 }, "deleteUser", true],
  ["a 404 of the API to a delete", { status: 404, body: {} }, "deleteUser", false],
  ["nonsense to what must not be repeated", { status: 200, body: "<html>" }, "verifyPin", false],
] as const)("after %s, it may have been carried out: %s", async (_, answer, method, isAnswerLost) => {
  const progress = createProgress();
  await readOf(answer, method, progress);

  expect(progress.isAnswerLost).toBe(isAnswerLost);
});

it("where there is no answer, nothing is told", async () => {
  expect(await readOf(new Fault("upstream-unreachable"))).toEqual({ outcome: "upstream-unreachable", reads: [] });
});
