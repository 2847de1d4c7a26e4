import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { type LineMistake, LineMistakes } from "../line-mistakes.ts";
import { type PolicyRule, parsePolicy } from "./parse-policy.ts";

/** Up to here (some 100 rules) a policy takes about 10 ms. */
const inlineBytesMax = 8 * 1024;
/** Many times what 1 MiB needs. */
const workerHeapMiB = 256;

/** The file as it lies beside this one: `.ts` in the sources, `.js` when built. */
const workerFile = new URL(`./policy-worker${extname(import.meta.url)}`, import.meta.url);

/** What the thread answers with. */
export type WorkerAnswer = { readonly rules: readonly PolicyRule[] } | { readonly mistakes: readonly LineMistake[] };

/** Does what parsePolicy does without holding up calls: 1 MiB takes a second, and so a thread of its own. */
export async function reparsePolicy(text: string): Promise<readonly PolicyRule[]> {
  return text.length <= inlineBytesMax ? parsePolicy(text) : await inWorker(text);
}

function inWorker(workerData: string): Promise<readonly PolicyRule[]> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(workerFile, { workerData, resourceLimits: { maxOldGenerationSizeMb: workerHeapMiB } });
    worker.unref();
    worker.once("message", (answer: WorkerAnswer) => {
      if ("rules" in answer) {
        resolve(answer.rules);
      } else {
        const mistakes = new LineMistakes();
        for (const { line, text } of answer.mistakes) {
          mistakes.add(line, text);
        }
        reject(mistakes);
      }
    });
    worker.once("error", reject);
    worker.once("exit", () => reject(new Error("the thread ended without an answer")));
  });
}
