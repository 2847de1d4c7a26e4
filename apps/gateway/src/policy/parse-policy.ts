import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type ParsedNode, parseDocument, visit } from "yaml";
import { anonymous } from "../callers/caller-name.ts";
import { LineMistakes } from "../line-mistakes.ts";
import { nearest } from "../nearest.ts";
import { methodPatterns, policyMethods } from "./policy-methods.ts";

/** One entry of a policy: who may do what, and for which services. */
export interface PolicyRule {
  /** Where it begins. */
  readonly line: number;
  /** A caller's name, or what names start with. */
  readonly name: string;
  readonly isPrefix: boolean;
  /** Names such as `AuthAPI.VerifyPin`. */
  readonly methods: readonly string[];
  /** Ids, exactly as they are sent; "*" stands for all of them. */
  readonly services: readonly string[] | "*";
}

const fieldsOfPolicy = ["version", "callers"];
const fieldsOfRule = ["name", "methods", "services"];
const textBytesMax = 1024 * 1024;

/**
 * Reads a policy (docs/callers.md). Throws LineMistakes with everything that is
 * wrong. Anchors, aliases and tags are mistakes: a policy is read by people, who
 * should find what it says where it says it.
 */
export function parsePolicy(text: string): PolicyRule[] {
  const mistakes = new LineMistakes();
  if (Buffer.byteLength(text) > textBytesMax) {
    mistakes.add(1, `is larger than ${textBytesMax} bytes`);
    throw mistakes;
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true, schema: "core" });
  for (const { pos, message, code } of [...document.errors, ...document.warnings]) {
    const hint = code === "BAD_ALIAS" ? '; "*" has to stand in quotes' : "";
    mistakes.add(lines.linePos(pos[0]).line, `${message}${hint}`);
  }
  // What has been misread has no more to tell.
  mistakes.throwIfAny();
  const rules = new PolicyReader(lines, mistakes).rulesOf(document.contents);
  mistakes.throwIfAny();
  return rules;
}

class PolicyReader {
  readonly #lines: LineCounter;
  readonly #mistakes: LineMistakes;

  constructor(lines: LineCounter, mistakes: LineMistakes) {
    this.#lines = lines;
    this.#mistakes = mistakes;
  }

  rulesOf(root: ParsedNode | null): PolicyRule[] {
    if (root === null) {
      this.#mistakes.add(1, "is empty; it needs `version: 1` and `callers:`");
      return [];
    }
    visit(root, {
      Node: (_, node) => {
        if (isAlias(node)) {
          this.#add(
            node,
            `an alias can't be used${node.source.endsWith("*") ? "; names with * have to stand in quotes" : ""}`,
          );
        } else if (node.anchor !== undefined) {
          this.#add(node, "an anchor can't be used");
        }
        if (node.tag !== undefined) {
          this.#add(node, `the tag ${node.tag} can't be used`);
        }
      },
    });

    const fields = this.#fieldsOf(root, fieldsOfPolicy, "a policy");
    const version = fields.get("version");
    if (!isScalar(version) || version.value !== 1) {
      this.#add(version ?? root, "version must be 1");
    }
    const callers = fields.get("callers");
    if (!isSeq(callers)) {
      this.#add(callers ?? root, "callers must be a list, [] where nobody may call");
      return [];
    }
    return callers.items.flatMap((each) => this.#ruleOf(each as Node) ?? []);
  }

  #ruleOf(node: Node): PolicyRule | undefined {
    const fields = this.#fieldsOf(node, fieldsOfRule, "a caller");
    const name = this.#nameOf(fields.get("name"), node);
    const methods = this.#methodsOf(fields.get("methods"), node);
    const needsServices = [...policyMethods.values()].some((each) => each.hasService && methods.includes(each.name));
    const services = this.#servicesOf(fields.get("services"), node, needsServices);
    const isPrefix = name.endsWith("*");
    return { line: this.#lineOf(node), name: isPrefix ? name.slice(0, -1) : name, isPrefix, methods, services };
  }

  #nameOf(node: Node | undefined, rule: Node): string {
    const [name = ""] = this.#textsOf(node ?? rule, node === undefined ? [] : [node], "name");
    if (node === undefined) {
      this.#add(rule, `name is missing: a caller's name, the beginning of some with * behind, or ${anonymous}`);
    } else if (name !== "" && (!/^[\x21-\x7e]{1,256}$/.test(name) || name.slice(0, -1).includes("*"))) {
      this.#add(node, "name must be 1-256 visible ASCII characters, with * at most as the last one");
    }
    return name;
  }

  #methodsOf(node: Node | undefined, rule: Node): string[] {
    const patterns = this.#listOf(node, rule, "methods", 'such as [AuthAPI.VerifyPin], ["AuthAPI.*"] or ["*"]');
    return patterns.flatMap(({ text, item }) => {
      const names = methodPatterns.get(text);
      if (names === undefined) {
        const near = nearest(text, [...methodPatterns.keys()]);
        this.#add(item, `there is no method "${text}"${near === undefined ? "" : `; did you mean ${near}?`}`);
      }
      return names ?? [];
    });
  }

  #servicesOf(node: Node | undefined, rule: Node, isRequired: boolean): readonly string[] | "*" {
    if (node === undefined && !isRequired) {
      return [];
    }
    const items = this.#listOf(node, rule, "services", 'of service ids, or ["*"] for all');
    for (const { text, item } of items.filter(({ text }) => text !== "*" && text.includes("*"))) {
      this.#add(item, `"${text}" would be an id as it stands here; only "*" stands for others`);
    }
    const ids = items.map(({ text }) => text);
    return ids.includes("*") ? "*" : ids;
  }

  /** The values of a mapping's fields. */
  #fieldsOf(node: Node, known: readonly string[], what: string): Map<string, Node> {
    const fields = new Map<string, Node>();
    if (!isMap(node)) {
      this.#add(node, `${what} must be a mapping of ${known.join(", ")}`);
      return fields;
    }
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? String(key.value) : "";
      if (known.includes(name)) {
        fields.set(name, value as Node);
      } else {
        const near = nearest(name, known);
        this.#add(key as Node, `there is no field "${name}"${near === undefined ? "" : `; did you mean ${near}?`}`);
      }
    }
    return fields;
  }

  #listOf(node: Node | undefined, rule: Node, name: string, what: string): { text: string; item: Node }[] {
    if (!isSeq(node) || node.items.length === 0) {
      this.#add(node ?? rule, `${name} must be a list ${what}`);
      return [];
    }
    const items = node.items as Node[];
    return items.flatMap((item) => this.#textsOf(item, [item], name).map((text) => ({ text, item })));
  }

  /** The nodes' texts. What YAML takes for a number or a truth value has lost how it was written. */
  #textsOf(at: Node, nodes: readonly Node[], name: string): string[] {
    return nodes.flatMap((node) => {
      if (isAlias(node)) {
        // A mistake already.
        return [];
      }
      if (isScalar(node) && typeof node.value === "string" && node.value !== "") {
        return [node.value];
      }
      this.#add(at, `${name}: must be a text; numbers, true, false and null have to stand in quotes`);
      return [];
    });
  }

  #add(node: Node, text: string): void {
    this.#mistakes.add(this.#lineOf(node), text);
  }

  #lineOf({ range }: Node): number {
    return this.#lines.linePos(range?.[0] ?? 0).line;
  }
}
