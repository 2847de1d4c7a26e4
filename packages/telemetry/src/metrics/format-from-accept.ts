import type { ExpositionFormat } from "./exposition.ts";

/**
 * The format that a scraper's Accept header asks for: OpenMetrics where it is
 * named and not less wanted than `text/plain`, which everything can read.
 */
export function formatFromAccept(accept: string | undefined): ExpositionFormat {
  const wanted = (type: string) =>
    Math.max(
      0,
      ...(accept ?? "")
        .split(",")
        .map((range) => range.trim().toLowerCase())
        .filter((range) => range.split(";", 1)[0]?.trim() === type)
        .map(qualityOf),
    );
  const openMetrics = wanted("application/openmetrics-text");
  return openMetrics > 0 && openMetrics >= wanted("text/plain") ? "openmetrics" : "text";
}

/** The weight of a media range (RFC 9110, 12.4.2): 1 where none is given or it can't be read. */
function qualityOf(range: string): number {
  const [, quality] = /;\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*(?:;|$)/.exec(range) ?? [];
  return quality === undefined ? 1 : Number(quality);
}
