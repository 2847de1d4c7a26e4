import { createRequire } from "node:module";

/** Put in by the bundler, since the bundle goes without its package.json. */
declare const VERIGATE_VERSION: string | undefined;

/** The gateway's version, such as `1.2.3`. */
export const version: string =
  typeof VERIGATE_VERSION === "string" ? VERIGATE_VERSION : createRequire(import.meta.url)("../package.json").version;
