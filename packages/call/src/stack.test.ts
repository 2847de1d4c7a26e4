import { expect, it } from "vitest";
import { type Layer, stack } from "./stack.ts";

it("a call meets the layers in the order in which they are written, and its answer in the reverse one", async () => {
  const seen: string[] = [];
  const layer =
    (name: string): Layer<string, string> =>
    (next) =>
    async (call) => {
      seen.push(`${name} in`);
      const answer = await next(call);
      seen.push(`${name} out`);
      return answer;
    };

  const handler = stack([layer("outer"), layer("inner")], async (call) => call.toUpperCase());

  expect(await handler("x")).toBe("X");
  expect(seen).toEqual(["outer in", "inner in", "inner out", "outer out"]);
});
