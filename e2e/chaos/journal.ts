import { readFileSync, writeSync } from "node:fs";

/** The operations of the load, as the contract names them, and the list that a lost CreateUser is looked up in. */
export type UpstreamOperation = "InitiateAuth" | "VerifyPin" | "CreateUser" | "GetUser" | "DeleteUser" | "ListUsers";

/** What the upstream noted, by the key of the intent. */
export interface Journal {
  /**
   * When a request was started to be served: it was read, and not refused. By
   * operation and key; in milliseconds of the reader's performance.now().
   */
  readonly started: ReadonlyMap<string, readonly number[]>;
  /** What was about to be said of a PIN when its answer was sent. */
  readonly said: ReadonlyMap<string, boolean>;
  /** Users that were created, with the time in milliseconds since 1970. */
  readonly created: ReadonlyMap<string, number>;
  readonly deleted: ReadonlySet<string>;
}

/**
 * Notes what happens in a file, line by line. Each line is with the operating
 * system before anything else happens, so that a SIGKILL loses none.
 */
export class JournalWriter {
  readonly #file: number;

  /** `file` is a descriptor that appends. */
  constructor(file: number) {
    this.#file = file;
  }

  started(operation: UpstreamOperation, key: string): void {
    this.#write("started", operation, key, Date.now());
  }

  said(key: string, verified: boolean): void {
    this.#write("said", key, verified);
  }

  created(key: string, atMs: number): void {
    this.#write("created", key, atMs);
  }

  deleted(key: string): void {
    this.#write("deleted", key);
  }

  #write(...words: readonly (string | number | boolean)[]): void {
    writeSync(this.#file, `${words.join(" ")}\n`);
  }
}

export function readJournal(path: string): Journal {
  const started = new Map<string, number[]>();
  const said = new Map<string, boolean>();
  const created = new Map<string, number>();
  const deleted = new Set<string>();
  for (const line of readFileSync(path, "utf8").split("\n")) {
    const [event, first = "", second = "", third = ""] = line.split(" ");
    if (event === "started") {
      const intent = intentOf(first, second);
      started.set(intent, [...(started.get(intent) ?? []), Number(third) - performance.timeOrigin]);
    } else if (event === "said") {
      said.set(first, second === "true");
    } else if (event === "created") {
      created.set(first, Number(second));
    } else if (event === "deleted") {
      deleted.add(first);
    }
  }
  return { started, said, created, deleted };
}

/** The key of {@link Journal.started}. */
export function intentOf(operation: string, key: string): string {
  return `${operation} ${key}`;
}
