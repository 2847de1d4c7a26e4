/**
 * Calls a gateway for many users, or for few over and over, by a ScalePlan in
 * JSON. A program of its own, so that it has the core of the load.
 */
import { AuthAPI, AuthMethod } from "@verigate/contract";
import { createGrpcCaller } from "./grpc-caller.ts";
import { inFlight } from "./in-flight.ts";
import { requestIdOf, rightPin, serviceId, userIdOf, wrongPin } from "./known-ids.ts";
import type { ScalePlan, ScaleWhat } from "./scale.ts";
import { unary } from "./unary.ts";

/** As many as h2load has in flight. */
const width = 128;
/** Prime to the number of users: they come in another order than that in which they became known. */
const stride = 7_919;

const { port, users, calls, what, firstCall }: ScalePlan = JSON.parse(process.argv[2] ?? "");
const caller = createGrpcCaller(port);

async function guess(user: number, pin: string, requestId: string): Promise<void> {
  const message = { serviceId, userId: userIdOf(user), pin, method: AuthMethod.SMS, requestId };
  const { verified } = await unary(caller, AuthAPI.method.verifyPin, message);
  if (verified !== (pin === rightPin)) {
    throw new Error("a guess was answered wrongly");
  }
}

const each: Readonly<Record<ScaleWhat, (number: number) => Promise<unknown>>> = {
  start: (number) => {
    const user = number % users;
    const message = { serviceId, userId: userIdOf(user), method: AuthMethod.SMS, requestId: requestIdOf(1, user) };
    return unary(caller, AuthAPI.method.initiateAuth, message);
  },
  guessWrong: (number) => guess(number % users, wrongPin, requestIdOf(2, number % users)),
  warmUp: (number) => guess((number * stride) % users, rightPin, ""),
  measure: (number) => guess((number * stride) % users, rightPin, requestIdOf(3, firstCall + number)),
};

await inFlight(calls, width, each[what]);
caller.close();
