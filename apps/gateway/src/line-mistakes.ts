/** So many are told: whoever wrote the wrong kind of file needs no list of all its lines. */
const toldMax = 50;

export interface LineMistake {
  /** From 1. */
  readonly line: number;
  /** Never holds what could be a secret. */
  readonly text: string;
}

/** All that is wrong with a file, each with its line. Collected, and thrown at the end. */
export class LineMistakes extends Error {
  override readonly name = "LineMistakes";
  readonly #mistakes: LineMistake[] = [];

  add(line: number, text: string): void {
    this.#mistakes.push({ line, text });
  }

  get all(): readonly LineMistake[] {
    return this.#mistakes;
  }

  get isEmpty(): boolean {
    return this.#mistakes.length === 0;
  }

  /** `path:line: text`, by line; at most 50, and how many there are besides. */
  textsOf(path: string): string[] {
    const sorted = this.#mistakes.toSorted((a, b) => a.line - b.line);
    const more = sorted.length - toldMax;
    return [
      ...sorted.slice(0, toldMax).map(({ line, text }) => `${path}:${line}: ${text}`),
      ...(more > 0 ? [`${path}: and ${more} more mistakes`] : []),
    ];
  }

  throwIfAny(): void {
    if (!this.isEmpty) {
      throw this;
    }
  }
}
