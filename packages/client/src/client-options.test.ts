import { describe, expect, it } from "vitest";
import { resolveClientOptions, type VerigateClientOptions } from "./client-options.ts";

const loopback = "http://127.0.0.1:8080";

describe("client options", () => {
  it("have defaults: gRPC, and a deadline longer than the gateway's own", () => {
    expect(resolveClientOptions({ address: loopback })).toMatchObject({ protocol: "grpc", defaultDeadlineMs: 12_000 });
  });

  it.each([
    [{ address: undefined }, /address must be a string/],
    [{ address: loopback, protocol: "http" }, /protocol must be one of/],
    [{ address: loopback, defaultDeadlineMs: 0 }, /defaultDeadlineMs/],
    [{ address: loopback, defaultDeadlineMs: 1.5 }, /defaultDeadlineMs/],
    [{ address: loopback, defaultDeadlineMs: 2 ** 31 }, /defaultDeadlineMs/],
    [{ address: loopback, defaultDeadlineMs: Number.NaN }, /defaultDeadlineMs/],
    [{ address: loopback, defaultDeadlineMs: "12s" }, /defaultDeadlineMs/],
    [{ address: loopback, pingIntervalMs: 0 }, /pingIntervalMs/],
    [{ address: loopback, pingTimeoutMs: -1 }, /pingTimeoutMs/],
    [{ address: loopback, defaultDeadline: 5 }, /no option defaultDeadline$/],
    [{ address: loopback, bearerToken: "" }, /bearer token is empty/],
    [{ address: loopback, bearerToken: 5 }, /bearerToken must be/],
    [{ address: "http://verigate:8080", bearerToken: "abc" }, /clear text/],
    [{ address: "http://verigate:8080", bearerToken: () => "abc" }, /clear text/],
    [{ address: loopback, tls: {} }, /https:/],
    [{ address: "unix:/run/a.sock", tls: {} }, /https:/],
    [{ address: "https://verigate", tls: { cert: "a" } }, /need each other/],
    [{ address: "https://verigate", tls: { key: "a" } }, /need each other/],
    [{ address: "https://verigate", tls: { ca: "./ca.pem" } }, /tls.ca must be PEM/],
    [{ address: "https://verigate", tls: { ca: [] } }, /tls.ca must be PEM/],
    [{ address: "https://verigate", tls: { ca: "-----BEGIN CERTIFICATE-----\nAAAA\n" } }, /can't be read/],
    [{ address: "https://verigate", tls: { serverName: "" } }, /serverName/],
    [{ address: "https://verigate", tls: { servername: "a" } }, /no option tls.servername/],
  ])("%j are refused", (options, message) => {
    expect(() => resolveClientOptions(options as VerigateClientOptions)).toThrow(TypeError);
    expect(() => resolveClientOptions(options as VerigateClientOptions)).toThrow(message);
  });

  it.each([loopback, "https://verigate:8443", "unix:/run/verigate.sock"])("allow a bearer token for %s", (address) => {
    expect(resolveClientOptions({ address, bearerToken: "abc" }).bearerToken).toBe("abc");
  });

  it("allow a bearer token in clear text only when told so", () => {
    const options = { address: "http://verigate:8080", bearerToken: "abc", allowPlaintextToken: true };
    expect(resolveClientOptions(options).bearerToken).toBe("abc");
  });

  it("never repeat a bearer token in a refusal", () => {
    expect(() => resolveClientOptions({ address: loopback, bearerToken: "secret\n" })).toThrow(
      expect.not.stringContaining("secret"),
    );
  });
});
