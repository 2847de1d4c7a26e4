import { runToEnd } from "./children.ts";
import { pathOf, vanguardProgram } from "./contestants.ts";
import { findProgram } from "./find-program.ts";

/** Variables of Go's own, such as where it keeps modules. */
const goVariables = ["HOME", "GOCACHE", "GOFLAGS", "GOMODCACHE", "GOPATH", "GOPROXY", "GOSUMDB"];

/**
 * Builds the peer that is written in Go. Fulfils with why it can't be measured,
 * or with undefined where it can.
 */
export async function buildVanguard(): Promise<string | undefined> {
  if (findProgram("go") === undefined) {
    return "go is missing";
  }
  const env = Object.fromEntries(
    goVariables.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const folder = pathOf("../peers/vanguard");
  try {
    await runToEnd(["go", "-C", folder, "build", "-o", vanguardProgram, "."], { core: undefined, env });
  } catch {
    return "it does not build with this go, which has to be 1.25 or later and reach its modules";
  }
  return undefined;
}
