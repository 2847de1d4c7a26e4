import type { MessageInitShape } from "@bufbuild/protobuf";
import type { VerifyPinRequest, VerifyPinRequestSchema, VerifyPinResponse } from "@verigate/contract";
import type { ClientTurn } from "../measure-clients.ts";
import { inFlight } from "../own-load/in-flight.ts";
import { sampleRequest } from "../verify-pin.ts";

/** One call of a client as its user writes it. */
export type VerifyPin = (request: MessageInitShape<typeof VerifyPinRequestSchema>) => Promise<VerifyPinResponse>;

/** Compilers need thousands of calls to find out what is hot. */
const warmUpCalls = 10_000;
const width = 32;

/** Makes calls by a client, and prints what they cost this process, as a ClientTurn in JSON. Rejects where one went wrong. */
export async function runClient(verifyPin: VerifyPin, calls: number): Promise<void> {
  async function call(): Promise<void> {
    const { verified } = await verifyPin(request);
    if (!verified) {
      throw new Error("a call was answered wrongly");
    }
  }

  await inFlight(warmUpCalls, width, call);
  const before = process.cpuUsage();
  await inFlight(calls, width, call);
  const { user, system } = process.cpuUsage(before);
  const turn: ClientTurn = { calls: warmUpCalls + calls, cpuMicros: (user + system) / calls };
  process.stdout.write(JSON.stringify(turn));
}

const { serviceId, userId, pin, method }: VerifyPinRequest = sampleRequest;
const request = { serviceId, userId, pin, method };
