/** Answers a `call`, or rejects with a Fault. It may throw it at once, too: whoever goes on behind it has to see both. */
export type Handler<Call, Answer> = (call: Call) => Promise<Answer>;

/** Wraps a handler in one concern. What it adds happens before, after or instead of `next`. */
export type Layer<Call, Answer> = (next: Handler<Call, Answer>) => Handler<Call, Answer>;

/**
 * Stacks `layers` over `inner`, outermost first: a call meets them in the order
 * in which they are written.
 */
export function stack<Call, Answer>(
  layers: readonly Layer<Call, Answer>[],
  inner: Handler<Call, Answer>,
): Handler<Call, Answer> {
  return layers.reduceRight((next, layer) => layer(next), inner);
}
