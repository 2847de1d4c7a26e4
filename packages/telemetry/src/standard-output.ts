import sonicBoom from "sonic-boom";
import type { LogDestination } from "./logger.ts";

export interface StandardOutput extends LogDestination {
  /** Writes behind all that came before, at once. Throws where nobody reads it any more, or what is not read is too much. */
  writeNow(text: string): void;
}

/** What is kept for a reader that is slow, or a disk that is full; beyond it, lines are dropped. */
const waitingBytesMax = 4 * 1024 * 1024;

/**
 * Readable lines where standard output is a terminal, JSON lines elsewhere.
 *
 * What comes in one turn of the event loop is written at its end, all at once: a
 * write for each line costs a busy gateway a tenth of its CPU. What still waits when
 * the process exits is written then; only a process that is killed loses the lines of its
 * last turn. Whoever reads may go away: then lines go nowhere, and nothing else happens.
 */
export function standardOutput(): Promise<StandardOutput> {
  shared ??= openStandardOutput();
  return shared;
}

/** A process has one, whatever it starts. */
let shared: Promise<StandardOutput> | undefined;

async function openStandardOutput(): Promise<StandardOutput> {
  if (process.stdout.isTTY) {
    // Loaded only for people: it takes memory that no sidecar has to spare.
    const { default: pretty } = await import("pino-pretty");
    const lines = pretty({ singleLine: true });
    const write = (text: string) => {
      lines.write(text);
    };
    return { write, writeNow: write };
  }
  const output = new sonicBoom.SonicBoom({ fd: 1, sync: true, maxLength: waitingBytesMax });
  let waiting = "";
  let isGone = false;
  let dropped = 0;
  output.on("error", ({ code }: NodeJS.ErrnoException) => {
    // Anything else, such as a full disk, may pass: it keeps the text, and tries again with the next.
    isGone ||= code === "EPIPE";
  });
  output.on("drop", () => {
    dropped += 1;
  });
  const flush = () => {
    const text = waiting;
    waiting = "";
    if (text !== "" && !isGone) {
      output.write(text);
    }
  };
  process.once("exit", flush);
  return {
    write(text) {
      if (waiting === "") {
        setImmediate(flush);
      }
      waiting += text;
    },
    writeNow(text) {
      flush();
      const droppedBefore = dropped;
      if (!isGone) {
        output.write(text);
      }
      if (isGone || dropped > droppedBefore) {
        throw new Error("standard output can't be written");
      }
    },
  };
}
