import { expect, it } from "vitest";
import { createBackoff } from "./backoff.ts";

it("the bound doubles up to its maximum, and the wait is anything below it", () => {
  for (const random of [0, 0.5, 0.999]) {
    const backoff = createBackoff({ baseMs: 50, maxMs: 1_000, random: () => random });

    expect([1, 2, 3, 4, 5, 6, 7, 100].map(backoff)).toEqual(
      [50, 100, 200, 400, 800, 1_000, 1_000, 1_000].map((bound) => bound * random),
    );
  }
});
