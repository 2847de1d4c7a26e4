import { type Answer, type Attempt, type Exchange, Fault, type FaultKind } from "@verigate/call";

export function answerOf(status: number, headers: Answer["headers"] = {}): Answer {
  return { status, headers, body: Buffer.alloc(0), answeredAtMs: 0 };
}

/** For tests: an exchange that ends each attempt when, and as, the test says. */
export interface Scripted {
  readonly exchange: Exchange;
  /** What has been started and not ended, oldest first. */
  readonly open: readonly { readonly attempt: Attempt; readonly end: (end: number | FaultKind | Answer) => void }[];
  /** How many attempts were started in all. */
  readonly started: () => number;
}

export function createScripted(): Scripted {
  const open: Scripted["open"][number][] = [];
  let started = 0;
  return {
    open,
    started: () => started,
    exchange: (attempt) =>
      new Promise((resolve, reject) => {
        started += 1;
        const entry = {
          attempt,
          end(end: number | FaultKind | Answer) {
            open.splice(open.indexOf(entry), 1);
            if (typeof end === "string") {
              reject(new Fault(end));
            } else {
              resolve(typeof end === "number" ? answerOf(end) : end);
            }
          },
        };
        open.push(entry);
      }),
  };
}

/** Lets everything happen that waits for no timer and no attempt. */
export function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** How an attempt ended: its status, or the kind of its fault. */
export function outcomeOf(answer: Promise<Answer>): Promise<string> {
  return answer.then(
    ({ status }) => String(status),
    (error: unknown) => (error instanceof Fault ? error.kind : String(error)),
  );
}
