import { LRUCache } from "lru-cache";
import { anonymous } from "../callers/caller-name.ts";
import type { PolicyRule } from "./parse-policy.ts";

/** What a policy says. `line` is that of the rule which allows it, or which comes nearest to it, where there is one. */
export type PolicyDecision =
  | { readonly isAllowed: true; readonly line: number }
  | { readonly isAllowed: false; readonly line: number | undefined; readonly lacks: PolicyLack };

/** What no rule has; or, where one has all of it, that the user's id is not a plain one. */
export type PolicyLack = "caller" | "method" | "service" | "plain_user_id";

/** What a call is about: ids, as they are sent. */
export interface PolicySubject {
  readonly service: string;
  /** Undefined where it is about no user. */
  readonly user?: string | undefined;
}

/**
 * Who may do what. What no rule allows is denied; where several rules are about a
 * caller, each allows what it says.
 */
export interface Policy {
  /** Whether a caller may call a method, such as `AuthAPI.VerifyPin`, for any service. */
  mayCall(caller: string, method: string): PolicyDecision;
  /**
   * Whether it may for this service; ids are compared as they are. A rule that
   * names its services allows plain user ids alone: see {@link isPlain}.
   */
  mayCallFor(caller: string, method: string, subject: PolicySubject): PolicyDecision;
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

  function decide(caller: string, method: string, subject?: PolicySubject): PolicyDecision {
    const about = rulesOf(caller);
    const having = about.filter(({ methods }) => methods.has(method));
    const [near] = having;
    if (near === undefined) {
      return { isAllowed: false, line: about[0]?.line, lacks: about.length > 0 ? "method" : "caller" };
    }
    if (subject === undefined) {
      return { isAllowed: true, line: near.line };
    }
    const { service, user = "" } = subject;
    const fitting = having.filter(({ services }) => services?.has(service) ?? true);
    const [fit] = fitting;
    if (fit === undefined) {
      return { isAllowed: false, line: near.line, lacks: "service" };
    }
    const allowing = fitting.find(({ services }) => services === undefined || isPlain(user));
    return allowing === undefined
      ? { isAllowed: false, line: fit.line, lacks: "plain_user_id" }
      : { isAllowed: true, line: allowing.line };
  }

  return {
    mayCall: (caller, method) => decide(caller, method),
    mayCallFor: decide,
  };
}

/**
 * Whether an id can't lead out of its place in a URL, even where a proxy before
 * the upstream decodes what was escaped: `../../s2/users/u1` would be another
 * service's user there. `..;` is a dot segment to some servers, too.
 */
function isPlain(id: string): boolean {
  return !/[/\\%]|^\.{1,2}(;|$)/.test(id);
}

function compiledFrom({ line, methods, services }: PolicyRule): CompiledRule {
  return { line, methods: new Set(methods), services: services === "*" ? undefined : new Set(services) };
}
