import type { Peer } from "@verigate/call";
import { createTestClock } from "@verigate/call/testing";
import { expect, it } from "vitest";
import { createFailedAttempts } from "./failed-attempts.ts";

const peerAt = (address: string): Peer => ({ listener: "0.0.0.0:8080", isUnix: false, address });

function scene(perMinute = 3) {
  const clock = createTestClock();
  const attempts = createFailedAttempts({ clock, perMinute });
  const fail = (peer: Peer, times: number) => {
    for (let each = 0; each < times; each += 1) {
      attempts.count(peer);
    }
  };
  return { clock, attempts, fail };
}

it("after so many wrong credentials a peer waits until one more is due, and others don't", () => {
  const { clock, attempts, fail } = scene();
  const peer = peerAt("10.0.0.1");
  fail(peer, 2);
  expect(attempts.waitMs(peer)).toBe(0);
  fail(peer, 1);
  expect(attempts.waitMs(peer)).toBe(20_000);
  expect(attempts.waitMs(peerAt("10.0.0.2"))).toBe(0);

  clock.advance(20_000);
  expect(attempts.waitMs(peer)).toBe(0);
  fail(peer, 1);
  expect(attempts.waitMs(peer)).toBe(20_000);
});

it("a minute later all is forgotten", () => {
  const { clock, attempts, fail } = scene();
  const peer = peerAt("10.0.0.1");
  fail(peer, 3);
  clock.advance(60_000);
  fail(peer, 2);
  expect(attempts.waitMs(peer)).toBe(0);
  clock.advance(60 * 60_000);
  fail(peer, 3);
  expect(attempts.waitMs(peer)).toBe(20_000);
});

it.each([
  ["2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true],
  ["2001:db8:1:2::1", "2001:db8:1:3::1", false],
  ["2001:db8::1", "2001:db8:0:0:5::", true],
  ["::1", "::ffff:10.0.0.1", false],
  ["::ffff:10.0.0.1", "10.0.0.1", true],
  ["::ffff:10.0.0.1", "::ffff:10.0.0.2", false],
  ["fe80::1%eth0", "fe80::2", true],
])("%s and %s are the same peer: %s", (one, other, isSame) => {
  const { attempts, fail } = scene();
  fail(peerAt(one), 3);
  expect(attempts.waitMs(peerAt(other)) > 0).toBe(isSame);
});

it("callers of a Unix socket are one peer, of each socket", () => {
  const { attempts, fail } = scene();
  fail({ listener: "unix:/a", isUnix: true }, 3);
  expect(attempts.waitMs({ listener: "unix:/a", isUnix: true })).toBeGreaterThan(0);
  expect(attempts.waitMs({ listener: "unix:/b", isUnix: true })).toBe(0);
});

it("a peer has 50 turns a second at having a token checked, however many it asks for, and others have theirs", () => {
  const { clock, attempts } = scene();
  const peer = peerAt("10.0.0.1");
  const taken = () =>
    Array.from({ length: 90 }, () => attempts.takeCheck(peer)).filter((waitMs) => waitMs === 0).length;

  expect(taken()).toBe(50);
  expect(attempts.takeCheck(peer)).toBe(20);
  expect(attempts.takeCheck(peerAt("10.0.0.2"))).toBe(0);
  clock.advance(20);
  expect(taken()).toBe(1);
  clock.advance(60_000);
  expect(taken()).toBe(50);
});

it("0 is no limit", () => {
  const { attempts, fail } = scene(0);
  fail(peerAt("10.0.0.1"), 100_000);
  expect(attempts.waitMs(peerAt("10.0.0.1"))).toBe(0);
});

it("however many addresses come, memory is bounded and the newest are limited", () => {
  const { attempts, fail } = scene();
  for (let each = 0; each < 200_000; each += 1) {
    fail(peerAt(`10.${each >> 16}.${(each >> 8) & 255}.${each & 255}`), 3);
  }
  expect(attempts.waitMs(peerAt("10.3.13.63"))).toBeGreaterThan(0);
  expect(attempts.waitMs(peerAt("10.0.0.0"))).toBe(0);
});
