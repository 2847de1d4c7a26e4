import { expect, it } from "vitest";
import { isLoopback, parseListenAddress, textFromListenAddress } from "./listen-address.ts";

it.each([
  ["127.0.0.1:8080", { kind: "tcp", host: "127.0.0.1", port: 8080 }],
  ["localhost:0", { kind: "tcp", host: "localhost", port: 0 }],
  ["[::1]:65535", { kind: "tcp", host: "::1", port: 65535 }],
  ["0.0.0.0:1", { kind: "tcp", host: "0.0.0.0", port: 1 }],
  ["unix:/run/verigate.sock", { kind: "unix", path: "/run/verigate.sock" }],
])("%s is an address, and is written as it was read", (text, address) => {
  expect(parseListenAddress(text)).toEqual(address);
  expect(textFromListenAddress(parseListenAddress(text))).toBe(text);
});

it.each([
  "",
  "8080",
  ":8080",
  "host",
  "host:",
  "host:65536",
  "host:-1",
  "::1:8080",
  "[host]:1",
  "unix:",
  "unix:relative.sock",
  "http://host:1",
])("%j is no address", (text) => {
  expect(() => parseListenAddress(text)).toThrow(`"${text}"`);
});

it("a Unix socket's path that the operating system would cut is a mistake", () => {
  const longest = `/${"x".repeat(process.platform === "darwin" ? 102 : 106)}`;

  expect(parseListenAddress(`unix:${longest}`)).toEqual({ kind: "unix", path: longest });
  expect(() => parseListenAddress(`unix:${longest}x`)).toThrow("bytes");
  expect(() => parseListenAddress(`unix:/${"é".repeat(60)}`)).toThrow("121 bytes");
});

it.each([
  ["127.0.0.1:1", true],
  ["127.8.8.8:1", true],
  ["[::1]:1", true],
  ["localhost:1", true],
  ["unix:/x", true],
  ["0.0.0.0:1", false],
  ["[::]:1", false],
  ["10.0.0.1:1", false],
  ["127.evil.example:1", false],
  ["[::ffff:10.0.0.1]:1", false],
])("%s is loopback: %s", (text, expected) => {
  expect(isLoopback(parseListenAddress(text))).toBe(expected);
});
