import { setTimeout as delay } from "node:timers/promises";
import { causeOf, type Logger, type StandardOutput } from "@verigate/telemetry";
import { createAppendFile } from "./append-file.ts";
import { type AuditLog, createAuditLog } from "./audit-log.ts";

export interface OpenAuditLogOptions {
  /** `stdout` or a file's path. */
  readonly destination: string;
  /** Where the log lines go too, so that no line is written into another. */
  readonly standardOutput: Pick<StandardOutput, "writeNow">;
  readonly logger: Logger;
  readonly onLost: (count: number) => void;
}

const retryMs = 1_000;

/** Opens the audit log that the settings name. Throws where its file can't be written, so that a start fails and not an audit. */
export async function openAuditLog(options: OpenAuditLogOptions): Promise<AuditLog> {
  const { destination, standardOutput, logger, onLost } = options;
  const shared = {
    wallMs: () => Date.now(),
    untilRetry: () => delay(retryMs, undefined, { ref: false }),
    onFailure(error: unknown) {
      logger.log("error", "the audit log can't be written", causeOf(error));
    },
    onLost,
  };
  if (destination === "stdout") {
    return createAuditLog({
      ...shared,
      append: async (text) => standardOutput.writeNow(text),
      closeDestination: async () => {},
    });
  }
  const file = createAppendFile(destination);
  await file.append("");
  return createAuditLog({ ...shared, append: file.append, closeDestination: file.close });
}
