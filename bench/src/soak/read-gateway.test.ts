import { expect, it } from "vitest";
import { seriesValue } from "./read-gateway.ts";

const text = `# TYPE nodejs_active_handles_total gauge
nodejs_active_handles_totals 5
nodejs_active_handles_total 12
nodejs_active_handles{type="Socket"} 8
`;

it("a series without labels is read by its whole name", () => {
  expect(seriesValue("nodejs_active_handles_total", text)).toBe(12);
});

it("a series that is not there is not taken for 0", () => {
  expect(() => seriesValue("nodejs_active_handles", text)).toThrow("nodejs_active_handles");
});
