import { describe, expect, it } from "vitest";
import { parseAddress } from "./address.ts";

describe("an address", () => {
  it.each([
    ["http://127.0.0.1:8080", "http://127.0.0.1:8080", true],
    ["http://localhost:8080/", "http://localhost:8080", true],
    ["http://[::1]:8080", "http://[::1]:8080", true],
    ["http://127.9.9.9", "http://127.9.9.9", true],
    ["http://verigate:8080", "http://verigate:8080", false],
    ["http://127.example.org:8080", "http://127.example.org:8080", false],
    ["http://10.0.0.1:8080", "http://10.0.0.1:8080", false],
    ["HTTPS://Verigate.Example:8443", "https://verigate.example:8443", true],
  ])("%s has the origin %s, and is private: %s", (text, baseUrl, isPrivate) => {
    const isTls = baseUrl.startsWith("https:");
    expect(parseAddress(text)).toEqual({ baseUrl, socketPath: undefined, isTls, isPrivate });
  });

  it.each([
    ["unix:/run/verigate.sock", "/run/verigate.sock"],
    ["unix:///run/verigate.sock", "/run/verigate.sock"],
  ])("%s is a socket, with the authority localhost", (text, socketPath) => {
    expect(parseAddress(text)).toEqual({ baseUrl: "http://localhost", socketPath, isTls: false, isPrivate: true });
  });

  it.each([
    ["", /address must be/],
    ["127.0.0.1:8080", /address must be/],
    ["localhost:8080", /address must be/],
    ["ftp://localhost", /address must be/],
    ["http://", /address must be/],
    ["http://localhost:99999", /address must be/],
    ["http://localhost:8080/api", /without a path/],
    ["http://localhost:8080?a=1", /without a path/],
    ["http://localhost:8080#a", /without a path/],
    ["http://user:secret@localhost:8080", /user name or password/],
    ["unix:run/verigate.sock", /absolute/],
    ["unix://run/verigate.sock", /absolute/],
    ["unix:", /absolute/],
    ["unix:/a\0b", /NUL/],
    [`unix:/${"a".repeat(107)}`, /longer/],
  ])("%j is refused", (text, message) => {
    expect(() => parseAddress(text)).toThrow(TypeError);
    expect(() => parseAddress(text)).toThrow(message);
  });

  it("is not repeated in a refusal, which might hold a password", () => {
    expect(() => parseAddress("http://user:secret@local host")).toThrow(expect.not.stringContaining("secret"));
    expect(() => parseAddress("http://user:secret@localhost")).toThrow(expect.not.stringContaining("secret"));
  });
});
