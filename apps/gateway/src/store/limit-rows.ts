/** Where a row is: on which page, and at which place of it. Good until a row is added or dropped. */
export interface RowPlace {
  readonly page: number;
  readonly slot: number;
}

export interface LimitRowsOptions {
  /** How many numbers a row has. */
  readonly width: number;
}

/** 64 bits that stand for a key, as two whole numbers; `high` is never 0. */
export interface RowKey {
  readonly high: number;
  readonly low: number;
}

/**
 * Rows of numbers by their keys; several rows may have the same one.
 *
 * A million of them as objects in a Map take some 200 MiB and keep the garbage
 * collector busy. Here they stand in arrays of numbers: 16 bytes a row of one
 * number, and as much again for places that are free.
 *
 * It is an extendible hash table (Fagin et al., 1979): the first bits of a key
 * tell the page, and a page that is full becomes two. So nothing takes longer
 * when there are more rows, and all memory comes in pieces of one size, which
 * leave no gaps that are of no use. On a page, rows stand by linear probing, from
 * their key's home on, before the first free place (Knuth, TAOCP 6.4, L and R).
 * Pages that empty are kept: what comes next finds room on them.
 */
export interface LimitRows {
  readonly size: number;
  /** Memory in use, in bytes, room for more rows included. */
  readonly bytes: number;
  /** Bytes that it would take more to add a row of this key: 0 where there is room, Infinity where no memory makes some. */
  growthFor(key: RowKey): number;
  /** Throws where `growthFor` is Infinity. */
  add(key: RowKey, numbers: readonly number[]): void;
  /** All rows of a key, in no order. */
  find(key: RowKey): readonly RowPlace[];
  /** One number of each row of a key, the first if none is asked for; of all columns in the same order, which is none. */
  read(key: RowKey, column?: number): number[];
  get(place: RowPlace, column: number): number;
  set(place: RowPlace, column: number, value: number): void;
  drop(place: RowPlace): void;
  /** Looks at the next `places` places in turn, and drops rows whose first number is not beyond `limit`, either way. */
  sweep(places: number, limit: number): void;
}

interface Page {
  used: number;
  /** How many first bits of keys all its rows have in common. */
  depth: number;
  /** Two numbers for each slot; 0, 0 where it is free. */
  readonly keys: Uint32Array;
  readonly numbers: Float64Array;
}

/** A power of 2, so that a key's last bits tell its home. */
const slots = 512;
/** More are put on a page only where its rows have nothing to tell them apart; one place stays free, where searches end. */
const usedMax = 0.8 * slots;
/** Rows that have more bits than this in common are of keys that somebody made up. */
const depthMax = 20;

export function createLimitRows({ width }: LimitRowsOptions): LimitRows {
  const pageBytes = slots * (8 + 8 * width);
  const newPage = (depth: number): Page => ({
    used: 0,
    depth,
    keys: new Uint32Array(2 * slots),
    numbers: new Float64Array(width * slots),
  });
  const pages: Page[] = [newPage(0)];
  /** What a split has left over, for the next one. */
  let spare = newPage(0);
  /** The page of every combination of the first `bits` bits of a key. */
  let directory = Int32Array.of(0);
  let bits = 0;
  let size = 0;
  let sweptPage = 0;
  let sweptSlot = 0;

  const pageNumberOf = (high: number) => directory[bits === 0 ? 0 : high >>> (32 - bits)] ?? 0;
  const pageAt = (number: number): Page => pages[number] ?? neverHappens();
  const homeOf = (low: number) => low & (slots - 1);
  const after = (slot: number) => (slot + 1) & (slots - 1);

  function put(page: Page, high: number, low: number, from: ArrayLike<number>, offset: number): void {
    const { keys, numbers } = page;
    let slot = homeOf(low);
    while (keys[2 * slot] !== 0) {
      slot = after(slot);
    }
    keys[2 * slot] = high;
    keys[2 * slot + 1] = low;
    for (let column = 0; column < width; column += 1) {
      numbers[width * slot + column] = from[offset + column] ?? 0;
    }
    page.used += 1;
  }

  /** Makes two pages of one, by the next bit of their rows' keys. */
  function split(number: number): void {
    const old = pageAt(number);
    if (old.depth === bits) {
      directory = Int32Array.from({ length: 2 * directory.length }, (_, index) => directory[index >> 1] ?? 0);
      bits += 1;
    }
    const depth = old.depth + 1;
    const [zero, one] = [{ ...spare, depth }, newPage(depth)];
    for (let slot = 0; slot < slots; slot += 1) {
      const high = old.keys[2 * slot] ?? 0;
      if (high !== 0) {
        const half = (high >>> (32 - depth)) & 1 ? one : zero;
        put(half, high, old.keys[2 * slot + 1] ?? 0, old.numbers, width * slot);
      }
    }
    old.keys.fill(0);
    spare = { ...old, used: 0 };
    pages[number] = zero;
    pages.push(one);
    // Those of one page stand side by side; the second half of them has the bit.
    const span = 1 << (bits - old.depth);
    const start = directory.indexOf(number);
    directory.fill(pages.length - 1, start + span / 2, start + span);
  }

  /** What a page is to a row of this key: splitting it makes room only where that tells rows apart. */
  function roomOn(page: Page, key: RowKey): "some" | "after-split" | "none" {
    if (page.used < usedMax) {
      return "some";
    }
    if (page.depth < depthMax && hasOtherThan(page, key)) {
      return "after-split";
    }
    return page.used < slots - 1 ? "some" : "none";
  }

  function hasOtherThan({ keys }: Page, { high, low }: RowKey): boolean {
    for (let slot = 0; slot < slots; slot += 1) {
      if (keys[2 * slot] !== 0 && (keys[2 * slot] !== high || keys[2 * slot + 1] !== low)) {
        return true;
      }
    }
    return false;
  }

  /** Closes the gap that a dropped row leaves, so that no search ends early. */
  function dropAt(page: Page, dropped: number): void {
    const { keys, numbers } = page;
    let gap = dropped;
    for (let slot = after(gap); keys[2 * slot] !== 0; slot = after(slot)) {
      const home = homeOf(keys[2 * slot + 1] ?? 0);
      const isHomeBehindGap = gap <= slot ? home > gap && home <= slot : home > gap || home <= slot;
      if (!isHomeBehindGap) {
        keys[2 * gap] = keys[2 * slot] ?? 0;
        keys[2 * gap + 1] = keys[2 * slot + 1] ?? 0;
        for (let column = 0; column < width; column += 1) {
          numbers[width * gap + column] = numbers[width * slot + column] ?? 0;
        }
        gap = slot;
      }
    }
    keys[2 * gap] = 0;
    keys[2 * gap + 1] = 0;
    page.used -= 1;
    size -= 1;
  }

  return {
    get size() {
      return size;
    },
    get bytes() {
      return (pages.length + 1) * pageBytes + directory.byteLength;
    },
    growthFor(key) {
      const room = roomOn(pageAt(pageNumberOf(key.high)), key);
      return room === "some" ? 0 : room === "none" ? Number.POSITIVE_INFINITY : pageBytes;
    },
    add(key, numbers) {
      const { high, low } = key;
      let room = roomOn(pageAt(pageNumberOf(high)), key);
      while (room === "after-split") {
        split(pageNumberOf(high));
        room = roomOn(pageAt(pageNumberOf(high)), key);
      }
      if (room === "none") {
        throw new Error("a page is full of rows that nothing tells apart");
      }
      put(pageAt(pageNumberOf(high)), high, low, numbers, 0);
      size += 1;
    },
    find({ high, low }) {
      const number = pageNumberOf(high);
      const { keys } = pageAt(number);
      const found: RowPlace[] = [];
      for (let slot = homeOf(low); keys[2 * slot] !== 0; slot = after(slot)) {
        if (keys[2 * slot] === high && keys[2 * slot + 1] === low) {
          found.push({ page: number, slot });
        }
      }
      return found;
    },
    read({ high, low }, column = 0) {
      const { keys, numbers } = pageAt(pageNumberOf(high));
      const found: number[] = [];
      for (let slot = homeOf(low); keys[2 * slot] !== 0; slot = after(slot)) {
        if (keys[2 * slot] === high && keys[2 * slot + 1] === low) {
          found.push(numbers[width * slot + column] ?? 0);
        }
      }
      return found;
    },
    get: ({ page, slot }, column) => pageAt(page).numbers[width * slot + column] ?? 0,
    set({ page, slot }, column, value) {
      pageAt(page).numbers[width * slot + column] = value;
    },
    drop: ({ page, slot }) => dropAt(pageAt(page), slot),
    sweep(places, limit) {
      for (let looked = 0; looked < places; looked += 1) {
        const page = pageAt(sweptPage);
        const isRow = page.keys[2 * sweptSlot] !== 0;
        if (isRow && Math.abs(page.numbers[width * sweptSlot] ?? 0) <= limit) {
          // Another row may stand in its place now.
          dropAt(page, sweptSlot);
        } else if (sweptSlot + 1 < slots && page.used > 0) {
          sweptSlot += 1;
        } else {
          sweptSlot = 0;
          sweptPage = (sweptPage + 1) % pages.length;
        }
      }
    },
  };
}

function neverHappens(): never {
  throw new Error("there is no such page");
}
