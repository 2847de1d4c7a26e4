import type { User } from "./shapes.ts";

/**
 * All users of a service, ordered by id (by bytes of UTF-8), in some 100 bytes a
 * user: text and numbers stand in a few buffers, which a worker can hand over
 * without copying, and a User is made only when it is asked for.
 */
export class UserList {
  /** When the upstream answered; undefined where it did not say. */
  readonly answeredAt: AnswerTime | undefined;
  readonly #columns: UserColumns;

  constructor(columns: UserColumns, answeredAt: AnswerTime | undefined) {
    this.#columns = columns;
    this.answeredAt = answeredAt;
  }

  get size(): number {
    return this.#columns.seconds.length;
  }

  /** Memory it occupies, in bytes. */
  get byteLength(): number {
    return Object.values(this.#columns).reduce((sum, { byteLength }: { byteLength: number }) => sum + byteLength, 0);
  }

  /** The user at `index`, from 0 to `size - 1`. */
  at(index: number): User {
    const { seconds, nanos } = this.#columns;
    return {
      id: this.#text(2 * index).toString("utf8"),
      idInService: this.#text(2 * index + 1).toString("utf8"),
      createTime: { seconds: seconds[index] ?? 0, nanos: nanos[index] ?? 0 },
    };
  }

  /** The index of the first user whose id stands behind `id`, which need not be a user's. */
  indexAfter(id: string): number {
    const key = Buffer.from(id, "utf8");
    return lowerBound(this.size, (index) => Buffer.compare(this.#text(2 * index), key) <= 0);
  }

  /** The indexes of the users of exactly this `idInService`, ascending. */
  indexesOf(idInService: string): number[] {
    const key = Buffer.from(idInService, "utf8");
    const { byIdInService } = this.#columns;
    const compareAt = (position: number) => Buffer.compare(this.#text(2 * (byIdInService[position] ?? 0) + 1), key);
    const start = lowerBound(this.size, (position) => compareAt(position) < 0);
    const end = lowerBound(this.size, (position) => compareAt(position) <= 0);
    return [...byIdInService.subarray(start, end)].sort((a, b) => a - b);
  }

  #text(index: number): Buffer {
    const { text, ends } = this.#columns;
    return Buffer.from(text.buffer, text.byteOffset, text.byteLength).subarray(
      index === 0 ? 0 : ends[index - 1],
      ends[index],
    );
  }
}

/** One moment by two clocks. */
export interface AnswerTime {
  /** By the upstream's own (RFC 9110, 6.6.1: Date), in milliseconds since 1970; whole seconds. */
  readonly upstreamMs: number;
  /** By our clock's nowMs. */
  readonly localMs: number;
}

/** What a UserList is made of. */
export interface UserColumns {
  /** id and idInService of each user in turn, without anything between them. */
  readonly text: Uint8Array<ArrayBuffer>;
  /** Where each of those ends. */
  readonly ends: Uint32Array<ArrayBuffer>;
  readonly seconds: Float64Array<ArrayBuffer>;
  readonly nanos: Uint32Array<ArrayBuffer>;
  /** The indexes of the users in the order of their idInService. */
  readonly byIdInService: Uint32Array<ArrayBuffer>;
}

/** Sorts `users` by id, and packs them. */
export function columnsFromUsers(users: readonly User[]): UserColumns {
  const rows = users
    .map((user) => ({ user, id: Buffer.from(user.id, "utf8"), idInService: Buffer.from(user.idInService, "utf8") }))
    .sort((a, b) => Buffer.compare(a.id, b.id));
  const parts = rows.flatMap(({ id, idInService }) => [id, idInService]);
  const columns: UserColumns = {
    text: new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0)),
    ends: new Uint32Array(parts.length),
    seconds: Float64Array.from(rows, ({ user }) => user.createTime.seconds),
    nanos: Uint32Array.from(rows, ({ user }) => user.createTime.nanos),
    byIdInService: Uint32Array.from(rows.keys()),
  };
  let end = 0;
  for (const [index, part] of parts.entries()) {
    columns.text.set(part, end);
    end += part.byteLength;
    columns.ends[index] = end;
  }
  columns.byIdInService.sort((a, b) => {
    const [left, right] = [rows[a], rows[b]];
    return left === undefined || right === undefined ? 0 : Buffer.compare(left.idInService, right.idInService) || a - b;
  });
  return columns;
}

/** The smallest index from 0 to `size` for which `isBelow` is false; it must not turn true again behind it. */
function lowerBound(size: number, isBelow: (index: number) => boolean): number {
  let [low, high] = [0, size];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBelow(middle)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}
