import { expect, it } from "vitest";
import { createNewestFirst } from "./newest-first.ts";

it("the oldest item makes room for the newest", () => {
  const list = createNewestFirst<number>(2);
  for (const item of [1, 2, 3]) list.add(item);
  expect(list.items()).toEqual([3, 2]);
});
