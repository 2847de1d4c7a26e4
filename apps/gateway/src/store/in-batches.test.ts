import { expect, it } from "vitest";
import { inBatches } from "./in-batches.ts";

/** A runner whose runs end when, and as, the test says. */
function scene() {
  const runs: { readonly items: readonly number[]; end(): void; fail(error: Error): void }[] = [];
  const ask = inBatches<number, string>(
    (items) =>
      new Promise((resolve, reject) => {
        runs.push({ items, end: () => resolve(items.map((item) => `result ${item}`)), fail: reject });
      }),
  );
  return { runs, ask };
}

/** Lets everything happen that waits for no run. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

it("the first runs at once, and all that come meanwhile run together next, in order", async () => {
  const { runs, ask } = scene();
  const results = [1, 2, 3].map(ask);
  await settle();
  expect(runs.map(({ items }) => items)).toEqual([[1]]);
  runs[0]?.end();
  await settle();
  expect(runs.map(({ items }) => items)).toEqual([[1], [2, 3]]);
  runs[1]?.end();

  expect(await Promise.all(results)).toEqual(["result 1", "result 2", "result 3"]);
});

it("a run that fails fails its own items, and those behind it run", async () => {
  const { runs, ask } = scene();
  const [first, second] = [ask(1), ask(2)];
  runs[0]?.fail(new Error("no"));
  await expect(first).rejects.toThrow("no");
  await settle();
  runs[1]?.end();

  expect(await second).toBe("result 2");
});

it("what comes after all has ended runs at once again", async () => {
  const { runs, ask } = scene();
  const first = ask(1);
  runs[0]?.end();
  await first;
  await settle();
  const second = ask(2);
  runs[1]?.end();

  expect(await second).toBe("result 2");
});
