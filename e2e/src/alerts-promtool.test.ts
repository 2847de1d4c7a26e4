import { readdirSync } from "node:fs";
import { expect } from "vitest";
import { alertmanagerExample } from "./alertmanager-under-test.ts";
import { alertmanager, prometheus, testWith } from "./real-or-skip.ts";
import { inRepository } from "./repository.ts";
import { runCommand } from "./run-command.ts";

const folder = "deploy/prometheus";
const ruleFiles = [`${folder}/verigate.rules.yaml`, `${folder}/verigate.alerts.yaml`];
const testFiles = readdirSync(inRepository(`${folder}/tests`)).map((name) => `${folder}/tests/${name}`);
/** Days are played minute by minute. */
const timeoutMs = 120_000;

testWith(prometheus)("Prometheus takes the rules", async () => {
  const { exitCode, stdout, stderr } = await runCommand("promtool", ["check", "rules", ...ruleFiles.map(inRepository)]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout.match(/[1-9]\d* rules found/g)).toHaveLength(ruleFiles.length);
});

testWith(prometheus).each(testFiles)("alerts fire, and do not, as %s says", { timeout: timeoutMs }, async (file) => {
  const { exitCode, stdout } = await runCommand("promtool", ["test", "rules", inRepository(file)]);
  expect(stdout).toContain("SUCCESS");
  expect(exitCode, stdout).toBe(0);
});

testWith(alertmanager)("Alertmanager takes the example, and tells pages from tickets", async () => {
  const config = inRepository(alertmanagerExample);
  const { exitCode, stdout } = await runCommand("amtool", ["check-config", config]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: expect.stringContaining("SUCCESS") });
  for (const [severity, receiver] of [
    ["page", "pages"],
    ["ticket", "tickets"],
  ]) {
    const args = ["config", "routes", "test", `--config.file=${config}`, `severity=${severity}`];
    expect((await runCommand("amtool", args)).stdout.trim()).toBe(receiver);
  }
});
