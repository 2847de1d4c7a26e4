import { expect, it } from "vitest";
import { runSteps, type Step } from "./run-steps.ts";

const node = (script: string) => [process.execPath, "-e", script];
const passing: Step = { name: "passing", commands: [node("console.log('quiet')")] };

async function run(...steps: Step[]) {
  let text = "";
  const counts = await runSteps(steps, (part) => {
    text += part;
  });
  return { counts, text };
}

it("a failing step does not keep the later ones from running", async () => {
  const { counts } = await run({ name: "failing", commands: [node("process.exit(3)")] }, passing);
  expect(counts).toEqual({ passed: 1, failed: 1, skipped: 0 });
});

it("all that a failing command printed is shown, with how it ended", async () => {
  const { text } = await run({
    name: "failing",
    commands: [node("console.log('to stdout'); console.error('to stderr'); process.exit(3)")],
  });
  expect(text).toContain("to stdout\n");
  expect(text).toContain("to stderr\n");
  expect(text).toContain("(ended with 3)");
});

it("a passing step is one line, without what it printed", async () => {
  const { text } = await run(passing);
  expect(text).toMatch(/^passing {2}ok {6}\d+\.\d s\n$/);
});

it("a step with a failing command fails once, after all its commands ran", async () => {
  const { counts, text } = await run({
    name: "three",
    commands: [node("process.exit(3)"), node("process.exit(4)"), node("console.log('quiet')")],
  });
  expect(counts).toEqual({ passed: 0, failed: 1, skipped: 0 });
  expect(text.match(/ended with ./g)).toEqual(["ended with 3", "ended with 4"]);
});

it("a command that can't be started is a failure", async () => {
  const { counts, text } = await run({ name: "absent", commands: [["no-such-program-here"]] });
  expect(counts.failed).toBe(1);
  expect(text).toContain("ENOENT");
});

it("a step whose program is not installed is skipped, by name", async () => {
  const { counts, text } = await run({ ...passing, needs: "no-such-program-here" });
  expect(counts).toEqual({ passed: 0, failed: 0, skipped: 1 });
  expect(text).toContain("SKIPPED: no-such-program-here is not installed");
});
