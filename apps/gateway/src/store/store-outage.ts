import { causeOf, type Logger } from "@verigate/telemetry";

/** Says once when the store goes down, and once when it is back. */
export interface StoreOutage {
  /** A store call failed. */
  begin(cause: unknown): void;
  /** A store call succeeded. */
  end(): void;
}

const consequences = {
  reject: "calls with a request_id, and those that limits count, are refused",
  allow: "calls with a request_id, and those that limits count, run unprotected",
};

export function createStoreOutage(logger: Logger, onStoreFailure: keyof typeof consequences): StoreOutage {
  let isDown = false;
  return {
    begin(error) {
      if (!isDown) {
        logger.log("warn", `the store is down: ${consequences[onStoreFailure]}`, causeOf(error));
      }
      isDown = true;
    },
    end() {
      if (isDown) {
        logger.log("info", "the store is back");
      }
      isDown = false;
    },
  };
}
