/**
 * Sends the mix by a SoakPlan in JSON, and prints a SoakSent. Ends with an error
 * at the first call that was answered as it may not be, or where answers don't
 * keep up with the rate.
 */
import { createGrpcCaller } from "../own-load/grpc-caller.ts";
import { createJsonCaller } from "../own-load/http-caller.ts";
import { inFlight } from "../own-load/in-flight.ts";
import { pace } from "../own-load/pace.ts";
import { callOf, type Kind, kindOf } from "./mix.ts";
import type { SoakPlan, SoakSent } from "./soak-plan.ts";

const width = 64;
const waitingMax = 10_000;

const { port, calls, callsPerSecond }: SoakPlan = JSON.parse(process.argv[2] ?? "");
const doors = { grpc: createGrpcCaller(port), json: createJsonCaller(port) };
const sent: Partial<Record<Kind, number>> = {};
let refused = 0;
let waiting = 0;

async function call(number: number): Promise<void> {
  const kind = kindOf(number);
  sent[kind] = (sent[kind] ?? 0) + 1;
  waiting += 1;
  if (waiting > waitingMax) {
    throw new Error(`${waitingMax} calls wait for an answer: the rate is too high`);
  }
  const isLetIn = await callOf(number, doors);
  // Apart: `refused += await ...` would add to what it was before the wait.
  refused += isLetIn ? 0 : 1;
  waiting -= 1;
}

if (callsPerSecond === undefined) {
  await inFlight(calls, width, call);
} else {
  const done = Promise.withResolvers<void>();
  let answered = 0;
  await pace({ callsPerSecond, count: calls }, (number) => {
    call(number).then(() => {
      answered += 1;
      if (answered === calls) {
        done.resolve();
      }
    }, done.reject);
  });
  await done.promise;
}
doors.grpc.close();
doors.json.close();
process.stdout.write(JSON.stringify({ sent, refused } satisfies SoakSent));
