/** The thread of {@link reparsePolicy}: one text in, one answer out. */
import { parentPort, workerData } from "node:worker_threads";
import { LineMistakes } from "../line-mistakes.ts";
import { parsePolicy } from "./parse-policy.ts";
import type { WorkerAnswer } from "./reparse-policy.ts";

const post = (answer: WorkerAnswer) => parentPort?.postMessage(answer);
try {
  post({ rules: parsePolicy(workerData as string) });
} catch (error) {
  if (!(error instanceof LineMistakes)) {
    throw error;
  }
  post({ mistakes: error.all });
}
