import { describe, expect, it } from "vitest";
import { frame, unframe } from "./grpc-frame.ts";

describe("frame", () => {
  it("says the length in four bytes, big-endian, after a flag", () => {
    expect([...frame(Uint8Array.of(8, 1)).subarray(0, 5)]).toEqual([0, 0, 0, 0, 2]);
    expect([...frame(new Uint8Array(0x01_02_03)).subarray(0, 5)]).toEqual([0, 0, 1, 2, 3]);
  });

  it.each([0, 1, 300])("is undone by unframe for a message of %d bytes", (length) => {
    const message = new Uint8Array(length).fill(7);
    expect([...unframe(frame(message))]).toEqual([...message]);
  });
});

describe("unframe", () => {
  const framed = frame(Uint8Array.of(1, 2, 3));

  it.each([
    ["a compressed message", Uint8Array.of(1, 0, 0, 0, 0)],
    ["half a header", framed.subarray(0, 4)],
    ["half a message", framed.subarray(0, 7)],
    ["two messages", Buffer.concat([framed, framed])],
  ])("refuses %s", (_, body) => {
    expect(() => unframe(body)).toThrow("gRPC frame");
  });
});
