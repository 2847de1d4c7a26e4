/**
 * Makes `calls` calls, numbered from 0, with `width` of them in flight all the
 * time. Rejects with the first that does, when none is in flight any more.
 */
export async function inFlight(
  calls: number,
  width: number,
  call: (number: number) => Promise<unknown>,
): Promise<void> {
  let started = 0;
  async function lane(): Promise<void> {
    while (started < calls) {
      await call(started++);
    }
  }
  const lanes = await Promise.allSettled(Array.from({ length: width }, lane));
  const failed = lanes.find((each) => each.status === "rejected");
  if (failed !== undefined) {
    throw failed.reason;
  }
}
