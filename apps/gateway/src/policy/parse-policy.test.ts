import { expect, it } from "vitest";
import { LineMistakes } from "../line-mistakes.ts";
import { type PolicyRule, parsePolicy } from "./parse-policy.ts";
import { reparsePolicy } from "./reparse-policy.ts";

function mistakesFrom(error: unknown): string[] {
  return error instanceof LineMistakes ? error.textsOf("p") : [String(error)];
}

function mistakesOf(text: string): string[] {
  try {
    parsePolicy(text);
    return [];
  } catch (error) {
    return mistakesFrom(error);
  }
}

const policy = `# who may call
version: 1
callers:
  - name: login
    methods: [AuthAPI.InitiateAuth, AuthAPI.VerifyPin]
    services: [s1, "007"]

  - name: "system:serviceaccount:shop:*"
    methods: ["UserAPI.*"]
    services: ["*"]
  - { name: setup, methods: [ServiceAPI.CreateService] }
`;

it("rules are read with the lines where they begin", () => {
  expect(parsePolicy(policy)).toEqual([
    {
      line: 4,
      name: "login",
      isPrefix: false,
      methods: ["AuthAPI.InitiateAuth", "AuthAPI.VerifyPin"],
      services: ["s1", "007"],
    },
    {
      line: 8,
      name: "system:serviceaccount:shop:",
      isPrefix: true,
      methods: ["UserAPI.CreateUser", "UserAPI.GetUser", "UserAPI.ListUsers", "UserAPI.DeleteUser"],
      services: "*",
    },
    { line: 11, name: "setup", isPrefix: false, methods: ["ServiceAPI.CreateService"], services: [] },
  ] satisfies PolicyRule[]);
});

it("all methods are the nine of the contract and reflection", () => {
  const [rule] = parsePolicy('version: 1\ncallers: [{name: a, methods: ["*"], services: ["*"]}]');
  expect(rule?.methods).toHaveLength(10);
  expect(rule?.methods).toContain("ServerReflection.ServerReflectionInfo");
});

it("a policy may let in nobody", () => {
  expect(parsePolicy("version: 1\ncallers: []\n")).toEqual([]);
});

it("all mistakes are found, by their lines, with what was probably meant", () => {
  expect(
    mistakesOf(`version: 2
callers:
  - nam: login
    methods: [AuthAPI.VerifyPn, authapi.initiateauth]
    services: ["s*"]
  - name: 12
    methods: []
    services: [007, true, ""]
  - name: a*b
    methods: ["*"]
  - name: two words
    methods: [ServiceAPI.CreateService]
  - login
services: {}
`),
  ).toEqual([
    "p:1: version must be 1",
    'p:3: there is no field "nam"; did you mean name?',
    "p:3: name is missing: a caller's name, the beginning of some with * behind, or anonymous",
    'p:4: there is no method "AuthAPI.VerifyPn"; did you mean AuthAPI.VerifyPin?',
    'p:4: there is no method "authapi.initiateauth"',
    'p:5: "s*" would be an id as it stands here; only "*" stands for others',
    "p:6: name: must be a text; numbers, true, false and null have to stand in quotes",
    'p:7: methods must be a list such as [AuthAPI.VerifyPin], ["AuthAPI.*"] or ["*"]',
    "p:8: services: must be a text; numbers, true, false and null have to stand in quotes",
    "p:8: services: must be a text; numbers, true, false and null have to stand in quotes",
    "p:8: services: must be a text; numbers, true, false and null have to stand in quotes",
    "p:9: name must be 1-256 visible ASCII characters, with * at most as the last one",
    'p:9: services must be a list of service ids, or ["*"] for all',
    "p:11: name must be 1-256 visible ASCII characters, with * at most as the last one",
    "p:13: a caller must be a mapping of name, methods, services",
    "p:13: name is missing: a caller's name, the beginning of some with * behind, or anonymous",
    'p:13: methods must be a list such as [AuthAPI.VerifyPin], ["AuthAPI.*"] or ["*"]',
    'p:14: there is no field "services"',
  ]);
});

it.each([
  ["", "p:1: is empty"],
  ["callers: []", "p:1: version must be 1"],
  ["version: 1", "p:1: callers must be a list"],
  ["version: 1\ncallers:\n", "p:2: callers must be a list"],
  ["version: 1\nversion: 1\ncallers: []", "p:2: Map keys must be unique"],
  ["version: 1\ncallers:\n\t- name: a", "p:3: Tabs are not allowed"],
  ["version: 1\ncallers: []\n---\nversion: 1\ncallers: []", "p:3: "],
  ["version: 1\ncallers: [{name: a, methods: [*], services: [s1]}]", '"*" has to stand in quotes'],
  ["version: 1\ncallers: [{name: a, methods: [*x], services: [s1]}]", "p:2: an alias can't be used"],
  ["version: 1\ncallers: [{name: &x a, methods: [AuthAPI.VerifyPin], services: [s1]}]", "p:2: an anchor can't be used"],
  ["version: 1\ncallers: !!seq []", "p:2: the tag tag:yaml.org,2002:seq can't be used"],
  ["version: 1\ncallers: !x []", "p:2: Unresolved tag"],
  ["version: 1\n<<: {a: 1}\ncallers: []", 'p:2: there is no field "<<"'],
  ["version: 1\n? [1]\n: 2\ncallers: []", "p:2: With stringKeys, all keys must be strings"],
  ['version: 1\ncallers: [{name: "a\\nb", methods: [ServiceAPI.CreateService]}]', "p:2: name must be"],
])("%j is a mistake", (text, mistake) => {
  expect(mistakesOf(text)).toContainEqual(expect.stringContaining(mistake));
});

it("anchors that would grow to billions are found without growing", () => {
  const lines = ["a: &a [x, x, x, x, x, x, x, x, x]"];
  for (let each = 98; each < 118; each += 1) {
    const [name, before] = [String.fromCharCode(each), String.fromCharCode(each - 1)];
    lines.push(`${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join(", ")}]`);
  }
  expect(mistakesOf(lines.join("\n"))).toContainEqual("p:1: an anchor can't be used");
});

it("a policy of more than 1 MiB is not looked at", () => {
  expect(mistakesOf(`${policy}${"#".repeat(10 * 1024 * 1024)}`)).toEqual(["p:1: is larger than 1048576 bytes"]);
});

it("brackets without end are a mistake, not the end of the process", () => {
  expect(mistakesOf("[".repeat(100_000)).length).toBeGreaterThan(0);
});

it("a large policy that has changed is read aside, with the same result", async () => {
  const large = policy + `  # ${"x".repeat(100)}\n`.repeat(200);
  expect(await reparsePolicy(large)).toEqual(parsePolicy(large));
  expect(await reparsePolicy(policy)).toEqual(parsePolicy(policy));

  const wrong = `${large}oops: 1\n`;
  expect(mistakesFrom(await reparsePolicy(wrong).catch((error: unknown) => error))).toEqual(mistakesOf(wrong));
});
