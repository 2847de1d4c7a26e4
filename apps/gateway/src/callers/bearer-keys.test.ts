import { hash } from "node:crypto";
import { expect, it } from "vitest";
import { LineMistakes } from "../line-mistakes.ts";
import { parseBearerKeys } from "./bearer-keys.ts";
import { newKey } from "./new-key.ts";

const digestOf = (key: string) => hash("sha256", key, "buffer");
const lineOf = (name: string, key: string) => `${name} sha256:${hash("sha256", key)}`;

function mistakesOf(text: string): string[] {
  try {
    parseBearerKeys(text);
    return [];
  } catch (error) {
    return error instanceof LineMistakes ? error.textsOf("keys") : [String(error)];
  }
}

it("a key lets in the caller in whose name it stands, and no other text does", () => {
  const keys = parseBearerKeys(`# callers\n\n  ${lineOf("login", "a")}\r\n${lineOf("admin", "b").toUpperCase()}\n`);

  expect(keys.callerOf(digestOf("a"))).toBe("login");
  expect(keys.callerOf(digestOf("b"))).toBe("ADMIN");
  expect(keys.callerOf(digestOf("c"))).toBe(undefined);
  expect(keys.callerOf(digestOf(hash("sha256", "a")))).toBe(undefined);
});

it("a new key is let in by its line, which does not hold it", () => {
  const { key, line } = newKey("login");

  expect(key).toMatch(/^vg_[\w-]{43}$/);
  expect(line).not.toContain(key);
  expect(parseBearerKeys(line).callerOf(digestOf(key))).toBe("login");
  expect(newKey("login").key).not.toBe(key);
});

it("a caller may have two keys, so that one can take the place of the other, and no third", () => {
  const two = [lineOf("login", "old"), lineOf("login", "new")];
  const keys = parseBearerKeys(two.join("\n"));

  expect([keys.callerOf(digestOf("old")), keys.callerOf(digestOf("new"))]).toEqual(["login", "login"]);
  expect(mistakesOf([...two, lineOf("login", "third")].join("\n"))).toEqual(["keys:3: login has 2 keys already"]);
});

it("all mistakes are found, by their lines, and none shows what may be a key", () => {
  const { key } = newKey("login");
  const mistakes = mistakesOf(
    [`login ${key}`, key, lineOf("anonymous", "a"), lineOf("login", "b"), lineOf("other", "b"), "x sha256:12"].join(
      "\n",
    ),
  );

  expect(mistakes).toEqual([
    expect.stringMatching(/^keys:1: is not `name sha256:/),
    expect.stringMatching(/^keys:2: is not `name sha256:/),
    expect.stringMatching(/^keys:3: the name/),
    "keys:5: is the same key as in line 4",
    expect.stringMatching(/^keys:6: is not/),
  ]);
  expect(mistakes.join()).not.toContain(key);
});

it("a file without a key is a mistake, so that one which is being written locks nobody out", () => {
  expect(mistakesOf("")).toEqual(["keys:1: there is no key"]);
  expect(mistakesOf("# all commented\n")).toEqual(["keys:1: there is no key"]);
});

it("of a file that is something else, the first 50 mistakes are told and the rest counted", () => {
  const mistakes = mistakesOf("nonsense\n".repeat(1_000));

  expect(mistakes).toHaveLength(51);
  expect(mistakes.at(-1)).toBe("keys: and 950 more mistakes");
});
