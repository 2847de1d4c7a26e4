import type { Peer } from "@verigate/call";
import { createTestClock } from "@verigate/call/testing";
import { expect, it } from "vitest";
import { createRefusalLines } from "./refusal-lines.ts";

const peerAt = (address: string): Peer => ({ listener: "0.0.0.0:8080", isUnix: false, address });

function scene() {
  const clock = createTestClock();
  const lines: string[] = [];
  const refusals = createRefusalLines<string>({ clock, write: (line, times) => lines.push(`${times} ${line}`) });
  const refuse = (peer: Peer, times: number) => {
    for (let each = 1; each <= times; each += 1) {
      refusals.add(peer, `${peer.address} #${each}`);
    }
  };
  return { clock, lines, refusals, refuse };
}

it("a peer gets 30 lines a minute and one that counts the rest, however often it is refused, and others have theirs", () => {
  const { clock, lines, refuse } = scene();
  refuse(peerAt("10.0.0.1"), 30_000);
  expect(lines).toHaveLength(30);
  expect(lines.at(-1)).toBe("1 10.0.0.1 #30");
  refuse(peerAt("10.0.0.2"), 1);
  expect(lines.at(-1)).toBe("1 10.0.0.2 #1");

  clock.advance(60_000);
  expect(lines.slice(31)).toEqual(["29970 10.0.0.1 #30000"]);
  refuse(peerAt("10.0.0.1"), 1);
  expect(lines.slice(32)).toEqual(["1 10.0.0.1 #1"]);
});

it("what was told in full is not told again, and nothing is waited for while nobody is refused", () => {
  const { clock, lines, refuse } = scene();
  refuse(peerAt("10.0.0.1"), 2);
  clock.advance(60_000);
  expect([lines.length, clock.pendingTimers()]).toEqual([2, 0]);
});

it("an end does not lose the count", () => {
  const { clock, lines, refusals, refuse } = scene();
  refuse(peerAt("10.0.0.1"), 40);
  refusals.flush();
  expect(lines.slice(30)).toEqual(["10 10.0.0.1 #40"]);
  expect(clock.pendingTimers()).toBe(0);
});

it("however many addresses come, a minute has at most some 2,000 lines, and each refusal is in one", () => {
  const { clock, lines, refuse } = scene();
  for (let each = 0; each < 100_000; each += 1) {
    refuse(peerAt(`10.${each >> 16}.${(each >> 8) & 255}.${each & 255}`), 2);
  }
  clock.advance(60_000);
  expect(lines.length).toBeLessThanOrEqual(2_001);
  expect(lines.reduce((total, line) => total + Number.parseInt(line, 10), 0)).toBe(200_000);
});
