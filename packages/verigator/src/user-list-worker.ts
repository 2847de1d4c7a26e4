/** The thread of {@link decodeUserList}: one body in, one answer out. */
import { parentPort, workerData } from "node:worker_threads";
import { isFault } from "@verigate/call";
import { userColumnsFromBody, type WorkerAnswer } from "./user-list-decoder.ts";

const { buffer } = workerData as Uint8Array<ArrayBuffer>;
try {
  const columns = userColumnsFromBody(Buffer.from(buffer));
  const answer: WorkerAnswer = { columns };
  parentPort?.postMessage(
    answer,
    Object.values(columns).map((column: { buffer: ArrayBuffer }) => column.buffer),
  );
} catch (error) {
  const problem = isFault(error) ? error.publicMessage : undefined;
  parentPort?.postMessage({ problem: problem ?? "the provider's answer can't be read" } satisfies WorkerAnswer);
}
