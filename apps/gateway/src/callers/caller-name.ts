import { unknownCaller } from "@verigate/call";

/** The caller of a trusted listener who brought no credentials. Nobody else is ever called so. */
export const anonymous = "anonymous";

/**
 * Whether a caller may have this name: 1-256 visible ASCII characters, so that it
 * can stand in a log line as it is.
 */
export function isCallerName(name: string): boolean {
  return /^[\x21-\x7e]{1,256}$/.test(name) && name !== anonymous && name !== unknownCaller;
}
