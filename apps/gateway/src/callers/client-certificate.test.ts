import { expect, it } from "vitest";
import { callerFromCertificate } from "./client-certificate.ts";

it.each([
  { uris: ["spiffe://shop/ns/login"], dnsNames: ["login.internal"], caller: "spiffe://shop/ns/login" },
  { uris: ["https://shop.example/"], dnsNames: ["Login.Internal", "other"], caller: "login.internal" },
  { uris: [], dnsNames: ["*.internal", "login.internal"], caller: "login.internal" },
  { uris: [], dnsNames: ["*.internal"], caller: undefined },
  { uris: [], dnsNames: [], caller: undefined },
  { uris: ["spiffe://a/x", "spiffe://b/y"], dnsNames: ["login.internal"], caller: undefined },
  { uris: [], dnsNames: ["anonymous"], caller: undefined },
  { uris: ["spiffe://a/x y"], dnsNames: [], caller: undefined },
])("a certificate of $uris and $dnsNames is $caller's", ({ uris, dnsNames, caller }) => {
  expect(callerFromCertificate({ uris, dnsNames })).toBe(caller);
});
