import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { LineMistakes } from "../line-mistakes.ts";
import { nearest } from "../nearest.ts";
import { type PolicyRule, parsePolicy } from "../policy/parse-policy.ts";
import { createPolicy, type PolicyDecision } from "../policy/policy.ts";
import { type PolicyMethod, policyMethods } from "../policy/policy-methods.ts";
import { codeOf } from "../settings/parsers.ts";
import { type CommandResult, exitMisconfigured, usageMistake } from "./command-result.ts";

export const policyUsage =
  "verigate policy check FILE [--caller NAME --method METHOD [--service ID [--user ID]]] [--json]";

const options = {
  caller: { type: "string" },
  method: { type: "string" },
  service: { type: "string" },
  user: { type: "string" },
  json: { type: "boolean" },
} as const;

/**
 * `verigate policy check FILE`: finds every mistake in a policy or, asked about a
 * call, says what would become of it and by which rule. Exits with 0 where it is
 * fine or allowed, 1 where it is denied, 78 where the policy has mistakes.
 */
export function policyCommand(args: readonly string[], isForPeople: boolean): CommandResult {
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const [action, file, ...others] = positionals;
  const { caller, method: methodName, service, user } = values;
  const isQuestion = caller !== undefined && methodName !== undefined;
  if (action !== "check" || file === undefined || others.length > 0) {
    return usageMistake(`expected ${policyUsage}`);
  }
  if (!isQuestion && (caller ?? methodName ?? service ?? user) !== undefined) {
    return usageMistake("a question needs --caller and --method");
  }
  if (user !== undefined && service === undefined) {
    return usageMistake("--user needs --service");
  }
  const method = isQuestion ? methodFrom(methodName) : undefined;
  if (typeof method === "string") {
    return usageMistake(method);
  }
  if (service !== undefined && method?.hasService === false) {
    return usageMistake(`--service: a request of ${method.name} names no service`);
  }
  let rules: PolicyRule[];
  try {
    rules = parsePolicy(readFileSync(file, "utf8"));
  } catch (error) {
    const mistakes =
      error instanceof LineMistakes ? error.textsOf(file) : [`${file}: can't be read (${codeOf(error)})`];
    return { exitCode: exitMisconfigured, stderr: mistakes.map((mistake) => `verigate: ${mistake}\n`).join("") };
  }
  const isText = isForPeople && values.json !== true;
  if (method === undefined || caller === undefined) {
    const fine = { policy: file, rules: rules.length };
    return { exitCode: 0, stdout: isText ? `${file}: fine; ${rules.length} rules\n` : `${JSON.stringify(fine)}\n` };
  }
  const policy = createPolicy(rules);
  const decision =
    service === undefined
      ? policy.mayCall(caller, method.name)
      : policy.mayCallFor(caller, method.name, { service, user });
  const answer = {
    decision: decision.isAllowed ? "allowed" : "denied",
    caller,
    method: method.name,
    ...(service === undefined ? {} : { service }),
    ...(user === undefined ? {} : { user }),
    policy: file,
    ...(decision.line === undefined ? {} : { line: decision.line }),
    because: reasonOf(decision, method, service),
  };
  const at = decision.line === undefined ? file : `${file}:${decision.line}`;
  return {
    exitCode: decision.isAllowed ? 0 : 1,
    stdout: isText ? `${answer.decision}: ${answer.because} (${at})\n` : `${JSON.stringify(answer)}\n`,
  };
}

/** The method of that name, as a policy or as gRPC writes it; or why there is none. */
function methodFrom(text: string): PolicyMethod | string {
  const methods = [...policyMethods.values()];
  const found = policyMethods.get(text) ?? methods.find(({ name }) => name === text);
  const near = nearest(
    text,
    methods.map(({ name }) => name),
  );
  return found ?? `--method: there is no method "${text}"${near === undefined ? "" : `; did you mean ${near}?`}`;
}

function reasonOf(decision: PolicyDecision, method: PolicyMethod, service: string | undefined): string {
  if (!decision.isAllowed) {
    return {
      caller: "no rule is about this caller",
      method: `no rule about this caller has ${method.name}`,
      service: "no rule that has the caller and the method has this service",
      plain_user_id: "the rules that have all of it name their services, and such take no user ids with /, \\ or %",
    }[decision.lacks];
  }
  return service === undefined && method.hasService
    ? "a rule has the caller and the method; --service tells for which services"
    : "a rule has all of it";
}
