import type { Clock } from "@verigate/call";
import type { AuthStarts } from "./auth-starts.ts";

/** Starts that this process alone knows. As many as are put and not dropped are kept. */
export function createMemoryAuthStarts(clock: Clock): AuthStarts {
  const starts = new Map<string, { readonly token: string; readonly atMs: number }>();
  return {
    async put(key, token) {
      starts.set(key, { token, atMs: clock.nowMs() });
    },
    take(key) {
      const start = starts.get(key);
      starts.delete(key);
      return start === undefined ? undefined : clock.nowMs() - start.atMs;
    },
    async drop(key, token) {
      return starts.get(key)?.token === token && starts.delete(key);
    },
  };
}
