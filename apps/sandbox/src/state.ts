import { type Clock, createClock } from "./clock.ts";
import { createDevices, type Devices } from "./devices.ts";
import { createDirectory, type Directory } from "./directory.ts";
import { createFaults, type Faults } from "./faults.ts";
import { createOutbox, type Outbox } from "./outbox.ts";
import { createRateLimit, type RateLimit } from "./rate-limit.ts";
import { createRequestLog, type RequestLog } from "./request-log.ts";
import { resolveSwitches, type Switches } from "./switches.ts";

/** All that a sandbox remembers. Each part bounds itself. */
export interface State {
  readonly clock: Clock;
  readonly directory: Directory;
  readonly devices: Devices;
  readonly outbox: Outbox;
  readonly faults: Faults;
  readonly requestLog: RequestLog;
  readonly rateLimit: RateLimit;
  switches: Switches;
  /** Forgets everything and goes back to the switches it was created with. */
  clear(): void;
}

/** Creates the state of a sandbox nobody has used yet. */
export function createState(machineNow: () => number, switches?: Partial<Switches>): State {
  const clock = createClock(machineNow);
  return {
    clock,
    directory: createDirectory(clock),
    devices: createDevices(),
    outbox: createOutbox(),
    faults: createFaults(),
    requestLog: createRequestLog(),
    rateLimit: createRateLimit(clock),
    switches: resolveSwitches(switches),
    clear() {
      this.clock.reset();
      this.directory.clear();
      this.devices.clear();
      this.outbox.clear();
      this.faults.clear();
      this.requestLog.clear();
      this.switches = resolveSwitches(switches);
    },
  };
}
