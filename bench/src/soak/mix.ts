import { create, fromJsonString, toJsonString } from "@bufbuild/protobuf";
import { AuthAPI, AuthMethod, UserAPI, VerifyPinRequestSchema, VerifyPinResponseSchema } from "@verigate/contract";
import { type Answer, bodyOf, type Caller, CallFailed, okCode } from "../own-load/caller.ts";
import { requestIdOf, rightPin, serviceId, userIdOf, wrongPin } from "../own-load/known-ids.ts";
import { unary, unaryAnswer } from "../own-load/unary.ts";
import { verifyPinPath } from "../verify-pin.ts";

/** The ways to the gateway that the mix uses. */
export interface Doors {
  readonly grpc: Caller;
  readonly json: Caller;
}

/** Kinds of call. Those of `start`, `wrong` and `repeat` have users of their own. */
export type Kind = "right" | "json" | "read" | "wrong" | "start" | "repeat" | "invalid";

/** Of twenty calls. All but four lead to one request upstream; those four may be answered without. */
const mix: readonly Kind[] = [
  ...Array<Kind>(11).fill("right"),
  ...Array<Kind>(3).fill("json"),
  ...Array<Kind>(2).fill("read"),
  "wrong",
  "start",
  "repeat",
  "invalid",
];

const manyUsers = 10_000;
/** So few that all that the gateway remembers of them is full within minutes. */
const fewUsers = 2_000;
const [ofWrong, ofStart, ofRepeat] = [manyUsers, manyUsers + fewUsers, manyUsers + 2 * fewUsers];

const resourceExhausted = "8";
const invalidArgument = "3";
/** In gRPC, and in Connect. */
const unavailable = ["14", "503"];

/** The kind of the call with that number; each comes evenly. */
export function kindOf(number: number): Kind {
  // 7 and 20 have no common divisor.
  return mix[(number * 7) % mix.length] ?? "right";
}

/**
 * Makes the call with that number, and fulfils with whether it was let in: a
 * gateway that has too many in flight refuses some. Rejects where its answer is
 * any other that it may not have.
 */
export async function callOf(number: number, doors: Doors): Promise<boolean> {
  try {
    await answeredRightly(number, doors);
    return true;
  } catch (error) {
    if (error instanceof CallFailed && unavailable.includes(error.code)) {
      return false;
    }
    throw error;
  }
}

async function answeredRightly(number: number, doors: Doors): Promise<void> {
  const kind = kindOf(number);
  const turn = Math.floor(number / mix.length);
  switch (kind) {
    case "right":
      return guess(doors, number % manyUsers, rightPin);
    case "json":
      return guessByJson(doors, number % manyUsers);
    case "read":
      return expectCode(
        await unaryAnswer(doors.grpc, UserAPI.method.getUser, { serviceId, userId: userIdOf(number % manyUsers) }),
        [okCode],
      );
    case "wrong":
      return guess(doors, ofWrong + (turn % fewUsers), wrongPin);
    case "start": {
      const message = { serviceId, userId: userIdOf(ofStart + (turn % fewUsers)), method: AuthMethod.SMS };
      const answer = await unaryAnswer(doors.grpc, AuthAPI.method.initiateAuth, message);
      // Cool-down, or a cap.
      return expectCode(answer, [okCode, resourceExhausted]);
    }
    case "repeat":
      return guess(doors, ofRepeat + (turn % fewUsers), rightPin, requestIdOf(4, turn % fewUsers));
    case "invalid": {
      const message = { serviceId, userId: userIdOf(0), pin: "12" };
      return expectCode(await unaryAnswer(doors.grpc, AuthAPI.method.verifyPin, message), [invalidArgument]);
    }
  }
}

async function guess({ grpc }: Doors, user: number, pin: string, requestId = ""): Promise<void> {
  const message = { serviceId, userId: userIdOf(user), pin, method: AuthMethod.SMS, requestId };
  const { verified } = await unary(grpc, AuthAPI.method.verifyPin, message);
  assertVerdict(verified, pin);
}

async function guessByJson({ json }: Doors, user: number): Promise<void> {
  const message = { serviceId, userId: userIdOf(user), pin: rightPin, method: AuthMethod.SMS };
  const text = toJsonString(VerifyPinRequestSchema, create(VerifyPinRequestSchema, message));
  const answer = Buffer.from(bodyOf(await json.call(verifyPinPath, Buffer.from(text)))).toString();
  assertVerdict(fromJsonString(VerifyPinResponseSchema, answer).verified, rightPin);
}

function assertVerdict(verified: boolean, pin: string): void {
  if (verified !== (pin === rightPin)) {
    throw new Error("a guess was answered wrongly");
  }
}

function expectCode(answer: Answer, expected: readonly string[]): void {
  if (!expected.includes(answer.code)) {
    throw new CallFailed(answer);
  }
}
