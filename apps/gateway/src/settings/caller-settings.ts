import { parseListenAddress } from "@verigate/rpc-server";
import {
  authoritiesFrom,
  booleanFrom,
  fileFrom,
  headerTextFrom,
  integerOf,
  jwksAddressFrom,
  listOf,
} from "./parsers.ts";

/** Who may call, and what (docs/callers.md). */
export const callerSettings = {
  VERIGATE_KEYS_FILE: {
    shape: "path",
    default: undefined,
    meaning:
      "The keys that callers show as bearer tokens: `name sha256:<hash>` a line, as `verigate key new NAME` prints it. " +
      "Re-read when it changes.",
    parse: fileFrom,
  },
  VERIGATE_JWT_ISSUER: {
    shape: "text",
    default: undefined,
    meaning:
      "The issuer whose tokens (JWT) let callers in, exactly as in their `iss`. Needs VERIGATE_JWT_AUDIENCE and " +
      "VERIGATE_JWT_JWKS.",
    parse: headerTextFrom,
  },
  VERIGATE_JWT_AUDIENCE: {
    shape: "text",
    default: undefined,
    meaning: "What tokens must be meant for: their `aud`, or one of it.",
    parse: headerTextFrom,
  },
  VERIGATE_JWT_JWKS: {
    shape: "https URL or path",
    default: undefined,
    meaning:
      "The issuer's public keys, as a JSON Web Key Set. A file is re-read when it changes; a URL is fetched every 10 " +
      "minutes, and when a token names a key that is not there, but for that once in 30 s.",
    parse: jwksAddressFrom,
  },
  VERIGATE_JWT_JWKS_CA_FILE: {
    shape: "path",
    default: undefined,
    meaning: "Certificate authorities in PEM to trust for that URL, instead of the system's. Re-read at each fetch.",
    parse: authoritiesFrom,
  },
  VERIGATE_JWT_JWKS_TOKEN: {
    shape: "text",
    default: undefined,
    meaning: "A bearer token to send to that URL. Its file is re-read at each fetch.",
    parse: headerTextFrom,
    isSecret: true,
  },
  VERIGATE_TRUSTED_LISTEN: {
    shape: "comma list of addresses of VERIGATE_LISTEN, or `none`",
    default: undefined,
    meaning:
      "Listeners on this machine alone whose callers need no credentials, and then are called `anonymous`. Without it: " +
      "all of them while no keys, tokens or client certificates are configured, and then the Unix sockets only.",
    parse: (text: string) => (text === "none" ? [] : listOf(parseListenAddress)(text)),
  },
  VERIGATE_ALLOW_PLAINTEXT_TOKENS: {
    shape: "`true` or `false`",
    default: "false",
    meaning:
      "Lets callers' keys and tokens travel unencrypted beyond this machine, for networks that encrypt by themselves.",
    parse: booleanFrom,
  },
  VERIGATE_LIMIT_AUTH_FAILURES: {
    shape: "0 to 100000",
    default: "30",
    meaning:
      "How many wrong credentials one address may show in a minute. Beyond that, right keys and tokens that were right " +
      "before still count, and other tokens 50 times a second. 0 is no limit.",
    parse: integerOf(0, 100_000),
  },
  VERIGATE_POLICY_FILE: {
    shape: "path",
    default: undefined,
    meaning:
      "Which caller may call what, for which services (YAML, docs/callers.md). With it, what it does not allow is " +
      "denied. Re-read when it changes.",
    parse: fileFrom,
  },
} as const;
