import { type Attempt, type Exchange, isFault } from "@verigate/call";
import type { Tracing } from "@verigate/telemetry";

export interface AttemptSpanOptions {
  readonly tracing: Tracing;
  /** Where attempts go. */
  readonly upstream: URL;
  /** Whether the upstream is told the `traceparent`, and nothing else of a trace. */
  readonly isPassedOn: boolean;
}

/**
 * Makes a span of each attempt, its waits for a slot and a turn included. The
 * span has the path's template: the path itself holds ids, which are the caller's
 * and could be phone numbers.
 */
export function attemptSpan({ tracing, upstream, isPassedOn }: AttemptSpanOptions): (next: Exchange) => Exchange {
  const server = { address: upstream.hostname.replace(/^\[(.*)\]$/, "$1"), port: portOf(upstream) };
  const base = upstream.href.replace(/\/$/, "");
  const redactedUrls = new Map<string, string>();

  function redactedUrlOf({ pathTemplate }: Attempt): string {
    const known = redactedUrls.get(pathTemplate);
    const url = known ?? base + pathTemplate.replaceAll(/\{\w+\}/g, "REDACTED");
    redactedUrls.set(pathTemplate, url);
    return url;
  }

  return (next) => async (attempt) => {
    const { method, pathTemplate, headers, progress } = attempt;
    const span = tracing.startAttempt({
      method,
      server,
      redactedUrl: redactedUrlOf(attempt),
      pathTemplate,
      resends: progress.attempts,
      parent: progress.traceContext,
    });
    const sent = isPassedOn ? { ...attempt, headers: { ...headers, traceparent: span.traceparent } } : attempt;
    try {
      const answer = await next(sent);
      span.end({ status: answer.status });
      return answer;
    } catch (error) {
      span.end(endOf(error));
      throw error;
    }
  };
}

/** That nobody wants the answer any more is no error (semantic conventions of HTTP spans). */
function endOf(error: unknown): { readonly error?: string } {
  if (!isFault(error)) {
    return { error: "gateway-bug" };
  }
  return error.kind === "cancelled" ? {} : { error: error.kind };
}

function portOf({ port, protocol }: URL): number {
  if (port !== "") {
    return Number(port);
  }
  return protocol === "https:" ? 443 : 80;
}
