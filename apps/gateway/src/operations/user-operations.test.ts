import { create } from "@bufbuild/protobuf";
import { createProgress, Fault } from "@verigate/call";
import { createTestClock } from "@verigate/call/testing";
import { CreateUserRequestSchema } from "@verigate/contract";
import { createRetryBudget } from "@verigate/resilience";
import { expect, it } from "vitest";
import type { Provider } from "../provider.ts";
import { userOperations } from "./user-operations.ts";

async function listsAfter(failures: number): Promise<number> {
  const budget = createRetryBudget({ tokensMax: 10, tokenRatio: 0.1 });
  for (let failure = 0; failure < failures; failure += 1) {
    budget.onFailure();
  }
  let lists = 0;
  const provider = {
    createUser: () => Promise.reject(new Fault("outcome-unknown")),
  } as unknown as Provider;
  const operations = userOperations({
    provider,
    clock: createTestClock(),
    lists: {
      load() {
        lists += 1;
        return Promise.reject(new Fault("upstream-failed"));
      },
      forget() {},
    },
    repairBudget: budget,
  });
  const request = create(CreateUserRequestSchema, { serviceId: "s", phoneNumber: "+37255555555", idInService: "u" });
  const error = await Promise.resolve(operations.createUser(request, { progress: createProgress() } as never)).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ kind: "outcome-unknown" });
  return lists;
}

it("a lost CreateUser is looked for in the list of users while the budget of repeats allows it", async () => {
  expect(await listsAfter(4)).toBe(1);
});

it("a lost CreateUser asks for no list of an upstream that fails so often that nothing is repeated", async () => {
  expect(await listsAfter(5)).toBe(0);
});
