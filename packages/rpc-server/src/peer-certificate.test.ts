import { expect, it } from "vitest";
import { namesFromSubjectAltName } from "./peer-certificate.ts";

it("URIs and DNS names are read in their order, and other kinds passed over", () => {
  expect(
    namesFromSubjectAltName(
      "DNS:b.example, URI:spiffe://shop/login, IP Address:10.0.0.1, email:a@b.c, othername:<unsupported>, DNS:a.example",
    ),
  ).toEqual({ uris: ["spiffe://shop/login"], dnsNames: ["b.example", "a.example"] });
  expect(namesFromSubjectAltName("")).toEqual({ uris: [], dnsNames: [] });
});

it.each([
  ['DNS:"a\\u002c DNS:admin", DNS:b', ["b"]],
  ['DNS:"a, DNS:admin, URI:spiffe://admin", DNS:b', ["b"]],
  ['DNS:"a\\", DNS:admin"', []],
  ["DNS:a, DNS", []],
  ['DNS:a, URI:"spiffe://x', []],
])("a value can't be taken for another entry: %s", (text, dnsNames) => {
  expect(namesFromSubjectAltName(text)).toEqual({ uris: [], dnsNames });
});
