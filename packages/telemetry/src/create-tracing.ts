import type { Tracing, TracingOptions } from "./tracing.ts";

/** Loads the library that makes spans. Nothing else loads it: without traces, it takes no memory. */
export async function createTracing(options: TracingOptions): Promise<Tracing> {
  const { createOtlpTracing } = await import("./tracing-sdk.ts");
  return createOtlpTracing(options);
}
