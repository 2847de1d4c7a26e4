import { expect, it } from "vitest";
import { after, rejecting } from "./eventual.ts";

it("goes on at once with what is known", () => {
  expect(after(1, (value) => value + 1)).toBe(2);
});

it("goes on later with what is not known yet", async () => {
  const later = after(Promise.resolve(1), (value) => value + 1);
  expect(later).toBeInstanceOf(Promise);
  expect(await later).toBe(2);
});

it("rejects as the value does, and does not go on", async () => {
  const lost = new Error("lost");
  let isOn = false;
  const later = after(Promise.reject(lost), () => {
    isOn = true;
    return undefined;
  });
  await expect(later).rejects.toBe(lost);
  expect(isOn).toBe(false);
});

it("makes a rejection of what is thrown at once", async () => {
  const lost = new Error("lost");
  const start = (): Promise<void> => {
    throw lost;
  };
  await expect(rejecting(start)).rejects.toBe(lost);
});
