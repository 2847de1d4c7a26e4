import { LRUCache } from "lru-cache";
import { anonymous } from "../callers/caller-name.ts";
import type { PolicyRule } from "./parse-policy.ts";

/** What a policy says. `line` is that of the rule which allows it, or which comes nearest to it, where there is one. */
export type PolicyDecision =
  | { readonly isAllowed: true; readonly line: number }
  | { readonly isAllowed: false; readonly line: number | undefined; readonly lacks: "caller" | "method" | "service" };

/**
 * Who may do what. What no rule allows is denied; where several rules are about a
 * caller, each allows what it says.
 */
export interface Policy {
  /** Whether a caller may call a method, such as `AuthAPI.VerifyPin`, for any service. */
  mayCall(caller: string, method: string): PolicyDecision;
  /** Whether it may for this service; ids are compared as they are. */
  mayCallFor(caller: string, method: string, service: string): PolicyDecision;
}

interface CompiledRule {
  readonly line: number;
  readonly methods: ReadonlySet<string>;
  /** Undefined where it is about all. */
  readonly services: ReadonlySet<string> | undefined;
}

/** Callers whose rules have been looked for: of a prefix's, as many as an issuer names. */
const callersMax = 10_000;

/** Finds a caller's rules once; from then on, a decision is two look-ups in each of them. */
export function createPolicy(rules: readonly PolicyRule[]): Policy {
  const compiled = new Map(rules.map((rule) => [rule, compiledFrom(rule)]));
  const exact = Map.groupBy(
    rules.filter(({ isPrefix }) => !isPrefix),
    ({ name }) => name,
  );
  const prefixes = rules.filter(({ isPrefix }) => isPrefix);
  const known = new LRUCache<string, readonly CompiledRule[]>({ max: callersMax });

  function rulesOf(caller: string): readonly CompiledRule[] {
    const found = known.get(caller);
    if (found !== undefined) {
      return found;
    }
    // Who has shown nothing is meant only where the policy says so in full.
    const matching = caller === anonymous ? [] : prefixes.filter(({ name }) => caller.startsWith(name));
    const all = [...(exact.get(caller) ?? []), ...matching]
      .sort((a, b) => a.line - b.line)
      .flatMap((rule) => compiled.get(rule) ?? []);
    known.set(caller, all);
    return all;
  }

  function decide(caller: string, method: string, isFor: (rule: CompiledRule) => boolean): PolicyDecision {
    const about = rulesOf(caller);
    const allowing = about.find((rule) => rule.methods.has(method) && isFor(rule));
    if (allowing !== undefined) {
      return { isAllowed: true, line: allowing.line };
    }
    const near = about.find(({ methods }) => methods.has(method));
    const lacks = near !== undefined ? "service" : about.length > 0 ? "method" : "caller";
    return { isAllowed: false, line: (near ?? about[0])?.line, lacks };
  }

  return {
    mayCall: (caller, method) => decide(caller, method, () => true),
    mayCallFor: (caller, method, service) => decide(caller, method, ({ services }) => services?.has(service) ?? true),
  };
}

function compiledFrom({ line, methods, services }: PolicyRule): CompiledRule {
  return { line, methods: new Set(methods), services: services === "*" ? undefined : new Set(services) };
}
