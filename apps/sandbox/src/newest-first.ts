/** A list that keeps the newest items only. */
export interface NewestFirst<T> {
  add(item: T): void;
  /** A copy, the newest item first. */
  items(): T[];
  clear(): void;
}

/** Creates a list that forgets its oldest item when it would hold more than `itemsMax`. */
export function createNewestFirst<T>(itemsMax: number): NewestFirst<T> {
  let oldestFirst: T[] = [];
  return {
    add(item) {
      oldestFirst.push(item);
      if (oldestFirst.length > itemsMax) oldestFirst.shift();
    },
    items: () => oldestFirst.toReversed(),
    clear() {
      oldestFirst = [];
    },
  };
}
