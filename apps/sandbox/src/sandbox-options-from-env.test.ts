import { expect, it } from "vitest";
import { sandboxOptionsFromEnv } from "./sandbox-options-from-env.ts";

it("an empty environment gives the documented defaults", () => {
  const accounts = [{ username: "sandbox", password: "sandbox" }];
  expect(sandboxOptionsFromEnv({})).toEqual({ host: "127.0.0.1", port: 8025, accounts });
});

it.each([
  ["localhost:0", { host: "localhost", port: 0 }],
  ["[::1]:8025", { host: "::1", port: 8025 }],
  ["0.0.0.0:65535", { host: "0.0.0.0", port: 65_535 }],
])("listens on %s", (listen, expected) => {
  expect(sandboxOptionsFromEnv({ VERIGATE_SANDBOX_LISTEN: listen })).toMatchObject(expected);
});

it("accounts are a comma list, and a password may contain colons", () => {
  expect(sandboxOptionsFromEnv({ VERIGATE_SANDBOX_ACCOUNT: "a:b:c, d:e" }).accounts).toEqual([
    { username: "a", password: "b:c" },
    { username: "d", password: "e" },
  ]);
});

it("all mistakes are listed, one a line, and no password is among them", () => {
  const env = {
    VERIGATE_SANDBOX_LISTEN: "8025",
    VERIGATE_SANDBOX_ACCOUNT: "secret",
    VERIGATE_SANDBOX_ACOUNT: "a:b",
    VERIGATE_SANDBOX_SERVICE_HOST: "10.0.0.1",
    VERIGATE_SANDBOX_PORT_8025_TCP: "tcp://10.0.0.1:8025",
    VERIGATE_LISTEN: "not mine",
  };
  const names = /^VERIGATE_SANDBOX_ACOUNT: [^\n]*\nVERIGATE_SANDBOX_LISTEN: [^\n]*\nVERIGATE_SANDBOX_ACCOUNT: [^\n]*$/;
  expect(() => sandboxOptionsFromEnv(env)).toThrow(names);
  expect(() => sandboxOptionsFromEnv(env)).not.toThrow(/secret/);
});

it.each(["", "host", "host:", ":8025", "host:65536", "::1:8025", "[::1]", "http://localhost:8025", "a b:1"])(
  "%j is no address to listen on",
  (listen) => {
    expect(() => sandboxOptionsFromEnv({ VERIGATE_SANDBOX_LISTEN: listen })).toThrow("VERIGATE_SANDBOX_LISTEN");
  },
);

it.each(["", "a", "a:", ":b", "a:b,", "a:b,a:c"])("%j is no list of accounts", (accounts) => {
  expect(() => sandboxOptionsFromEnv({ VERIGATE_SANDBOX_ACCOUNT: accounts })).toThrow("VERIGATE_SANDBOX_ACCOUNT");
});
