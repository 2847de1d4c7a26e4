import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

const root = join(import.meta.dirname, "../..");
const folder = "deploy/prometheus";

/** https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/, as far as it is used. */
export interface RecordRule {
  readonly record: string;
  readonly expr: string;
}

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A moment at which a test says what an alert does. */
export interface AlertCase {
  readonly alertname: string;
  /** Empty: it does not fire. */
  readonly exp_alerts: readonly object[];
}

interface RuleFile<Rule> {
  readonly groups: readonly { readonly rules: readonly Rule[] }[];
}

interface TestFile {
  readonly rule_files: readonly string[];
  readonly tests: readonly { readonly name: string; readonly alert_rule_test?: readonly AlertCase[] }[];
}

/** The text of a file of the repository. */
export function textOf(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** The names of the files in a folder of the repository. */
export function filesIn(path: string): readonly string[] {
  return readdirSync(join(root, path));
}

export function recordRules(): readonly RecordRule[] {
  return rulesIn<RecordRule>(`${folder}/verigate.rules.yaml`);
}

/** Alerts in the order of the file. One with several windows is there several times. */
export function alertRules(): readonly AlertRule[] {
  return rulesIn<AlertRule>(`${folder}/verigate.alerts.yaml`);
}

/** All that promtool is told to test. */
export function testFiles(): readonly TestFile[] {
  return filesIn(`${folder}/tests`).map((name) => parse(textOf(`${folder}/tests/${name}`)) as TestFile);
}

function rulesIn<Rule>(path: string): readonly Rule[] {
  return (parse(textOf(path)) as RuleFile<Rule>).groups.flatMap(({ rules }) => rules);
}
