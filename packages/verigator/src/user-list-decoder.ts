import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { Fault } from "@verigate/call";
import { badAnswer, parseJsonObject } from "./decode.ts";
import { usersFromJson } from "./shapes.ts";
import { columnsFromUsers, type UserColumns } from "./user-list.ts";

/** Up to here (some 500 users) a body takes about 2 ms, which is less than a thread costs. */
const inlineBytesMax = 64 * 1024;

/** The file as it lies beside this one: `.ts` in the sources, `.js` when built. */
const workerFile = new URL(`./user-list-worker${extname(import.meta.url)}`, import.meta.url);

/** Beyond what 64 MiB of honest JSON need; a body made to exhaust memory ends the thread, not the process. */
const workerHeapMiB = 1024;

/**
 * Decodes the body of a user list. 100,000 users take some 200 ms, so a large
 * body is decoded in a thread of its own, which ends with it; the body's memory
 * moves there.
 *
 * Throws `upstream-bad-response` for what can't be understood.
 */
export async function decodeUserList(body: Buffer): Promise<UserColumns> {
  return body.byteLength <= inlineBytesMax ? userColumnsFromBody(body) : await inWorker(body);
}

/** What the thread does, too. */
export function userColumnsFromBody(body: Buffer): UserColumns {
  return columnsFromUsers(usersFromJson(parseJsonObject(body)));
}

/** What the thread answers with: a Fault can't cross over, so its public message does. */
export type WorkerAnswer = { readonly columns: UserColumns } | { readonly problem: string };

function inWorker(body: Buffer): Promise<UserColumns> {
  const bytes = new Uint8Array(body);
  return new Promise((resolve, reject) => {
    const worker = new Worker(workerFile, {
      workerData: bytes,
      transferList: [bytes.buffer],
      resourceLimits: { maxOldGenerationSizeMb: workerHeapMiB },
    });
    worker.once("message", (answer: WorkerAnswer) => {
      if ("columns" in answer) {
        resolve(answer.columns);
      } else {
        reject(new Fault("upstream-bad-response", { publicMessage: answer.problem }));
      }
    });
    worker.once("error", (error) => reject(badAnswer("can't be read", error)));
    worker.once("exit", () => reject(badAnswer("can't be read")));
  });
}
