/** A value that is known at once, or will be. */
export type Eventual<Value> = Value | Promise<Value>;

/**
 * Goes on with a value: at once where it is known, which spares a call a promise
 * and a turn of their queue. `fail` goes on where there will be none, if it is given.
 */
export function after<Value, Result>(
  value: Eventual<Value>,
  go: (value: Value) => Promise<Result>,
  fail?: (cause: unknown) => Promise<Result>,
): Promise<Result>;
export function after<Value, Result>(
  value: Eventual<Value>,
  go: (value: Value) => Eventual<Result>,
  fail?: (cause: unknown) => Eventual<Result>,
): Eventual<Result>;
export function after<Value, Result>(
  value: Eventual<Value>,
  go: (value: Value) => Eventual<Result>,
  fail?: (cause: unknown) => Eventual<Result>,
): Eventual<Result> {
  return value instanceof Promise ? value.then(go, fail) : go(value);
}

/** What `start` throws at once becomes a rejection, like all else. */
export function rejecting<Args extends readonly unknown[], Result>(
  start: (...args: Args) => Promise<Result>,
  ...args: Args
): Promise<Result>;
export function rejecting<Args extends readonly unknown[], Result>(
  start: (...args: Args) => Eventual<Result>,
  ...args: Args
): Eventual<Result>;
export function rejecting<Args extends readonly unknown[], Result>(
  start: (...args: Args) => Eventual<Result>,
  ...args: Args
): Eventual<Result> {
  try {
    return start(...args);
  } catch (error) {
    return Promise.reject(error);
  }
}
