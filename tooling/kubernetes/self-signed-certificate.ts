import { generateKeyPairSync, sign } from "node:crypto";

/** PEM texts of a certificate and its key. */
export interface CertificateAndKey {
  readonly cert: string;
  readonly key: string;
}

/** Tags of DER (X.690): what a certificate is written in. */
const tags = {
  integer: 0x02,
  bitString: 0x03,
  objectIdentifier: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  sequence: 0x30,
  set: 0x31,
};

/**
 * Makes a key and a certificate for it, signed by itself (RFC 5280, RFC 8410). Good
 * for whoever wants to see that a certificate and its key belong together, and for
 * nothing that looks at names or dates: it is of 2020.
 */
export function selfSignedCertificate(): CertificateAndKey {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const algorithm = der("sequence", der("objectIdentifier", Buffer.from([0x2b, 0x65, 0x70])));
  const commonName = der(
    "sequence",
    der("objectIdentifier", Buffer.from([0x55, 0x04, 0x03])),
    der("utf8", Buffer.from("verigate")),
  );
  const name = der("sequence", der("set", commonName));
  const validity = der(
    "sequence",
    ...["200101000000Z", "200102000000Z"].map((time) => der("utcTime", Buffer.from(time))),
  );
  const toBeSigned = der(
    "sequence",
    der("integer", Buffer.from([1])),
    algorithm,
    name,
    validity,
    name,
    publicKey.export({ type: "spki", format: "der" }),
  );
  const signature = der("bitString", Buffer.from([0]), sign(null, toBeSigned, privateKey));
  const cert = der("sequence", toBeSigned, algorithm, signature).toString("base64");
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${cert.replace(/.{64}/g, "$&\n").trim()}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

/** A value of DER: its tag, how many bytes follow, and these. */
function der(tag: keyof typeof tags, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tags[tag], ...size]), content]);
}
