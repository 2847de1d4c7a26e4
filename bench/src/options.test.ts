import { describe, expect, it } from "vitest";
import { parseOptions } from "./options.ts";

describe("parseOptions", () => {
  it("takes five rounds by default, which is what a verdict needs", () => {
    expect(parseOptions([])).toEqual({ rounds: 5, seconds: 3, starts: 3, isWriting: false });
  });

  it("takes two short rounds in quick mode, unless told otherwise", () => {
    expect(parseOptions(["--quick"])).toMatchObject({ rounds: 2, seconds: 1, starts: 1 });
    expect(parseOptions(["--quick", "--rounds", "3"])).toMatchObject({ rounds: 3, seconds: 1 });
  });

  it.each(["0", "-1", "1.5", "many", "1000"])("refuses %s rounds", (rounds) => {
    expect(() => parseOptions([`--rounds=${rounds}`])).toThrow("whole number");
  });

  it("refuses what it does not know", () => {
    expect(() => parseOptions(["--fast"])).toThrow();
  });
});
