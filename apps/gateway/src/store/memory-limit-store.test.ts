import { createTestClock } from "@verigate/call/testing";
import { expect, it } from "vitest";
import { reservationOf } from "./limit-store-for-test.ts";
import { createMemoryLimitStore } from "./memory-limit-store.ts";

const tally = { key: "used", windowMs: 60_000 };

it("what fails in memory rejects, as what fails in Redis does, and is not thrown at once", async () => {
  const clock = createTestClock();
  let isBroken = false;
  const nowMs = () => {
    if (isBroken) {
      throw new RangeError("no memory");
    }
    return clock.nowMs();
  };
  const store = createMemoryLimitStore({ clock: { ...clock, nowMs }, bytesMax: 1_000_000 });
  const reservation = reservationOf([]);
  await store.reserve(reservation);
  isBroken = true;
  const failures = [
    store.reserve(reservationOf([])),
    store.settle(reservation.owner, { how: "clear", tallies: [{ tally }] }),
  ];

  await expect(failures[0]).rejects.toThrow("no memory");
  await expect(failures[1]).rejects.toThrow("no memory");
});
