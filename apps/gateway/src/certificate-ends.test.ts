import { X509Certificate } from "node:crypto";
import { rootCertificates } from "node:tls";
import { expect, it } from "vitest";
import { certificateEnds } from "./certificate-ends.ts";

// Certificates that Node brings along, so that none has to be made.
const [first = "", second = "", third = ""] = rootCertificates;
const endOf = (pem: string) => new X509Certificate(pem).validToDate.getTime();
const none = { server: undefined, client_ca: undefined, upstream_ca: undefined };

it("each file's certificate tells its end", () => {
  const files = {
    server: Buffer.from(first),
    client_ca: Buffer.from(second),
    upstream_ca: Buffer.from(third),
  };
  expect(certificateEnds(files)).toEqual({ server: endOf(first), client_ca: endOf(second), upstream_ca: endOf(third) });
});

it("of a file with several, in whatever order, the first to end counts", () => {
  const ends = [first, second, third].map(endOf);
  expect(new Set(ends).size).toBe(3);
  for (const pems of [
    [first, second, third],
    [third, second, first],
  ]) {
    const text = `# a comment\n${pems.join("\r\n\n")}\n`;
    expect(certificateEnds({ ...none, upstream_ca: Buffer.from(text) })).toEqual({
      upstream_ca: Math.min(...ends),
    });
  }
});

it("what is no certificate has no end", () => {
  const broken = first.replace(/[A-Z]{3}/, "###");
  expect(certificateEnds({ ...none, server: Buffer.alloc(0) })).toEqual({});
  expect(certificateEnds({ ...none, server: Buffer.from(`${broken}\n${second}`) })).toEqual({
    server: endOf(second),
  });
});
