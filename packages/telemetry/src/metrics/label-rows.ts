import type { Labels } from "./metric-entry.ts";

/** A label, and the values that it may have. */
export interface ClosedLabel {
  readonly name: string;
  readonly known: ReadonlySet<string>;
  /** What stands for every other value. */
  readonly fallback: string;
}

/** One series: its labels, each with a value of its set, and what has been counted and not been read. */
export interface LabelRow {
  readonly labels: Record<string, string>;
  count: number;
}

export interface LabelRows {
  /** The row of these labels. A value that is not in its label's set is the fallback. */
  of(labels: Labels): LabelRow;
  /** All that have been asked for. */
  readonly all: readonly LabelRow[];
}

interface Branch {
  readonly next: Map<string, Branch>;
  row: LabelRow | undefined;
}

/**
 * Finds a series by its labels, one after the other, and makes nothing on the way:
 * prom-client puts a text together of all of them each time, which took a call
 * that counts seven things as long as checking its message.
 */
export function createLabelRows(labels: readonly ClosedLabel[]): LabelRows {
  const root = createBranch();
  const all: LabelRow[] = [];

  function add(given: Labels): LabelRow {
    const row: LabelRow = { labels: {}, count: 0 };
    let branch = root;
    for (const label of labels) {
      const value = closedValue(label, given[label.name]);
      row.labels[label.name] = value;
      branch = branch.next.get(value) ?? withBranch(branch, value);
    }
    branch.row = row;
    all.push(row);
    return row;
  }

  return {
    all,
    of(given) {
      let branch: Branch | undefined = root;
      for (const label of labels) {
        branch = branch?.next.get(closedValue(label, given[label.name]));
      }
      return branch?.row ?? add(given);
    },
  };
}

function closedValue({ known, fallback }: ClosedLabel, value: string | undefined): string {
  return value !== undefined && known.has(value) ? value : fallback;
}

function createBranch(): Branch {
  return { next: new Map(), row: undefined };
}

function withBranch(branch: Branch, value: string): Branch {
  const made = createBranch();
  branch.next.set(value, made);
  return made;
}
