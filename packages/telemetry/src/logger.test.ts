import { expect, it } from "vitest";
import { createLogger, type LogFields } from "./logger.ts";

function scene() {
  const lines: string[] = [];
  const logger = createLogger({ level: "debug", destination: { write: (line) => lines.push(line) } });
  return { logger, lines };
}

it("a field that is not on the list is not logged, whatever the types were told", () => {
  const { logger, lines } = scene();
  const fields = { method: "VerifyPin", pin: "4711", headers: { authorization: "secret" } } as LogFields;

  logger.log("info", "rpc", fields);
  expect(JSON.parse(lines.join(""))).toEqual({
    level: "info",
    time: expect.any(String),
    method: "VerifyPin",
    msg: "rpc",
  });
});

it("a field without a value is left out", () => {
  const { logger, lines } = scene();
  logger.log("info", "rpc", { traceId: undefined } as unknown as LogFields);

  expect(Object.keys(JSON.parse(lines.join("")))).toEqual(["level", "time", "msg"]);
});
