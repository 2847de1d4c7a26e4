/** Fails on a change of proto/ that breaks callers of the last release. */
import { breakingChanges } from "./released-protos.ts";

const changes = breakingChanges(process.cwd());
if (changes !== undefined) {
  console.error(changes);
  process.exitCode = 1;
}
