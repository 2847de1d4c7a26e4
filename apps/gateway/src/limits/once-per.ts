/** The same function, which makes its result once for each object: they have to be few, or the same again and again. */
export function oncePer<Given extends object, Result>(make: (given: Given) => Result): (given: Given) => Result {
  const made = new WeakMap<Given, Result>();
  return (given) => {
    let result = made.get(given);
    if (result === undefined) {
      result = make(given);
      made.set(given, result);
    }
    return result;
  };
}
