import type { Clock } from "@verigate/call";
import { causeOf, type Logger, type Metrics, type WatchedSecret } from "@verigate/telemetry";
import { LineMistakes } from "./line-mistakes.ts";
import { createWatchedFiles, type WatchedFiles, type WatchedFilesOptions } from "./watched-files.ts";

export interface ReloadsOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, "secretReloaded" | "readSecrets">;
}

export interface Reloaded<Value>
  extends Pick<WatchedFilesOptions<Value>, "paths" | "parse" | "parseAside" | "onChange"> {
  readonly secret: WatchedSecret;
}

/** Follows the files that secrets and policies stand in; each change, and each that came to nothing, is logged and counted. */
export interface Reloads {
  /** Throws where the files are not right to begin with. */
  watch<Value>(reloaded: Reloaded<Value>): WatchedFiles<Value>;
  /** Follows none of them any more. */
  close(): void;
}

export function createReloads({ clock, logger, metrics }: ReloadsOptions): Reloads {
  const watched: (readonly [secret: WatchedSecret, files: WatchedFiles<unknown>])[] = [];
  metrics.readSecrets({
    get areInForce() {
      return Object.fromEntries(watched.map(([secret, { isInForce }]) => [secret, isInForce]));
    },
  });
  return {
    watch({ secret, ...options }) {
      const files = createWatchedFiles({
        ...options,
        clock,
        onReload(error) {
          metrics.secretReloaded(secret, error !== undefined);
          if (error === undefined) {
            logger.log("info", "reloaded", { setting: secret });
          } else {
            logger.log("error", "not reloaded; what was there before stays in force", {
              setting: secret,
              ...fieldsOf(error, options.paths),
            });
          }
        },
      });
      watched.push([secret, files]);
      return files;
    },
    close() {
      for (const [, files] of watched) {
        files.close();
      }
    },
  };
}

function fieldsOf(error: unknown, [path = ""]: readonly string[]): { cause?: string; mistakes?: string } {
  if (error instanceof LineMistakes) {
    return { mistakes: error.textsOf(path).join("; ") };
  }
  return causeOf(error);
}
