import { expect, it } from "vitest";
import { createDevices } from "./devices.ts";

it("10,000 devices are remembered; the next phone is refused, a known one gets a new device", () => {
  const devices = createDevices();
  for (let index = 0; index < 10_000; index += 1) devices.pair(`+1555${index}`);
  expect(() => devices.pair("+372")).toThrow("10000 devices");
  const before = devices.find("+15550")?.secret;
  expect(devices.pair("+15550").secret).not.toBe(before);
});
