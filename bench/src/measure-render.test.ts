import { expect, it } from "vitest";
import { renderResult } from "./measure-render.ts";

const runOf = (longestStepsMs: readonly number[]) => ({ longestStepsMs, series: 5_000, bytes: 600_000 });

it("a step that is long in every run counts, one that was long in some does not", () => {
  const runs = [runOf([6, 1, 30]), runOf([7, 25, 1]), runOf([5, 2, 2])];
  expect(renderResult(runs)).toEqual({ longestStepMs: 5, series: 5_000, bytes: 600_000 });
});

it("without a run there is no result", () => {
  expect(() => renderResult([])).toThrow("nothing was measured");
});
