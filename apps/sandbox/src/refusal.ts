/**
 * A request that is answered with an error status. Its message is meant for the
 * sender and never repeats what was sent.
 */
export class Refusal extends Error {
  readonly status: number;
  /** The JSON field or query parameter that is wrong, where it is one. */
  readonly field: string | undefined;

  constructor(status: number, message: string, field?: string) {
    super(message);
    this.name = "Refusal";
    this.status = status;
    this.field = field;
  }
}

/** The refusal of a store that would grow past its bound: 507, for none of the documented statuses says so. */
export function fullStore(itemsMax: number, items: string): Refusal {
  return new Refusal(507, `the sandbox is full: it holds at most ${itemsMax} ${items}`);
}
