import { describe, expect, it } from "vitest";
import { parseCommandLine } from "./options.ts";

const parseOptions = (args: readonly string[]) => parseCommandLine(args).options;

describe("parseCommandLine", () => {
  it("takes five rounds by default, which is what a verdict needs", () => {
    expect(parseOptions([])).toEqual({ rounds: 5, seconds: 3, starts: 3, isQuick: false, isWriting: false });
  });

  it("takes three short rounds in quick mode, unless told otherwise", () => {
    expect(parseOptions(["--quick"])).toMatchObject({ rounds: 3, seconds: 1, starts: 1, isQuick: true });
    expect(parseOptions(["--quick", "--rounds", "7"])).toMatchObject({ rounds: 7, seconds: 1 });
  });

  it.each(["0", "-1", "1.5", "many", "1000"])("refuses %s rounds", (rounds) => {
    expect(() => parseOptions([`--rounds=${rounds}`])).toThrow("whole number");
  });

  it("does not write a page of half of it", () => {
    expect(() => parseOptions(["--quick", "--write"])).toThrow("--quick");
  });

  it("soaks for ten minutes, unless told otherwise", () => {
    expect(parseCommandLine(["--soak"]).soakMinutes).toBe(10);
    expect(parseCommandLine(["--soak", "--minutes", "2"]).soakMinutes).toBe(2);
    expect(parseCommandLine([]).soakMinutes).toBeUndefined();
    expect(() => parseCommandLine(["--minutes", "2"])).toThrow("--soak");
  });

  it("refuses what it does not know", () => {
    expect(() => parseOptions(["--fast"])).toThrow();
  });
});
