import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { parsePolicy } from "../policy/parse-policy.ts";
import { createPolicy } from "../policy/policy.ts";
import { settings } from "../settings/settings.ts";
import { parseBearerKeys } from "./bearer-keys.ts";

const page = readFileSync(new URL("../../../../docs/callers.md", import.meta.url), "utf8");
const blocks = [...page.matchAll(/```\w*\n(.*?)```/gs)].map(([, text = ""]) => text);
const blockWith = (text: string) => blocks.find((block) => block.includes(text)) ?? "";

it("the policy of docs/callers.md means what it says", () => {
  const policy = createPolicy(parsePolicy(blockWith("version: 1")));
  expect(
    policy.mayCallFor("system:serviceaccount:shop:login", "AuthAPI.VerifyPin", { service: "4bd2d2a1" }).isAllowed,
  ).toBe(true);
  expect(
    policy.mayCallFor("system:serviceaccount:shop:login", "AuthAPI.VerifyPin", { service: "0042" }).isAllowed,
  ).toBe(false);
  expect(policy.mayCallFor("system:serviceaccount:admin:any", "UserAPI.DeleteUser", { service: "any" }).isAllowed).toBe(
    true,
  );
  expect(policy.mayCallFor("anonymous", "AuthAPI.VerifyPin", { service: "0042" }).isAllowed).toBe(true);
});

it("the file of keys of docs/callers.md is one", () => {
  expect(() => parseBearerKeys(blockWith("sha256:"))).not.toThrow();
});

it("the settings that docs/callers.md names exist", () => {
  const named = new Set(
    [...page.matchAll(/\bVERIGATE_[A-Z_]+/g)].map(([name]) => name.replace(/TOKEN_FILE$/, "TOKEN")),
  );
  expect([...named].filter((name) => !Object.hasOwn(settings, name))).toEqual([]);
});
