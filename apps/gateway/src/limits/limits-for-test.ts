import {
  create,
  type DescMethod,
  type DescMethodUnary,
  type Message,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import { durationMs } from "@bufbuild/protobuf/wkt";
import { type Call, createProgress, Fault, type FaultKind, stack } from "@verigate/call";
import { callOf, createTestClock, type TestClock } from "@verigate/call/testing";
import {
  AuthAPI,
  AuthMethod,
  type InitiateAuthResponse,
  UserAPI,
  VerifyFailure,
  type VerifyPinResponse,
} from "@verigate/contract";
import type { UnaryCall } from "@verigate/rpc-server";
import type { HashKeys } from "../keyed-hash.ts";
import { configFromEnv } from "../settings/config-from-env.ts";
import type { LimitStore } from "../store/limit-store.ts";
import { createMemoryLimitStore } from "../store/memory-limit-store.ts";
import { createStoreOutage } from "../store/store-outage.ts";
import { createLimits, type Limits } from "./create-limits.ts";

/** For tests: how the provider answers. */
export type ProviderAnswer = "sms" | "totp" | "right" | "wrong" | "expired" | "throttled" | Fault;

export interface LimitsSceneOptions {
  /** Settings besides the account. */
  readonly env?: Readonly<Record<string, string>>;
  readonly hashKeys?: HashKeys;
  /** A store, out of the one in memory. */
  readonly store?: (real: LimitStore) => LimitStore;
}

/** For tests: the layers of limits over a provider that answers as it is told. */
export interface LimitsScene {
  readonly clock: TestClock;
  readonly store: LimitStore;
  readonly limits: Limits;
  /** What the provider was asked. */
  readonly asked: readonly string[];
  /** What was decided: `guesses denied`. Emptied by reading. */
  decisions(): readonly string[];
  /** With the hashes of subjects. */
  readonly subjects: readonly string[];
  /** What else metrics were told. */
  readonly heard: readonly string[];
  readonly lines: readonly string[];
  /** Says how the provider answers from now on. */
  answer(answer: ProviderAnswer | ((call: Call) => ProviderAnswer | Promise<ProviderAnswer>)): void;
  initiate(request?: MessageInitShape<typeof AuthAPI.method.initiateAuth.input>): Promise<string>;
  verify(request?: MessageInitShape<typeof AuthAPI.method.verifyPin.input>): Promise<string>;
  createUser(request?: MessageInitShape<typeof UserAPI.method.createUser.input>): Promise<string>;
  /** A call of a message as it comes. */
  unary<Method extends DescMethodUnary>(method: Method, request: MessageInitShape<Method["input"]>): UnaryCall;
  run(unary: UnaryCall): Promise<Message>;
  /** The fault of a call that fails. */
  faultOf(call: Promise<unknown>): Promise<Fault>;
}

const account = { MESSENTE_API_USERNAME: "user", MESSENTE_API_PASSWORD: "password" };
const failures: Readonly<Partial<Record<string, VerifyFailure>>> = {
  wrong: VerifyFailure.INVALID,
  expired: VerifyFailure.EXPIRED,
  throttled: VerifyFailure.THROTTLED,
};

export function limitsScene(options: LimitsSceneOptions = {}): LimitsScene {
  const clock = createTestClock();
  const lines: string[] = [];
  const heard: string[] = [];
  const asked: string[] = [];
  const subjects: string[] = [];
  let decided: string[] = [];
  let answerOf: (call: Call) => ProviderAnswer | Promise<ProviderAnswer> = () => "sms";
  const real = createMemoryLimitStore({ clock, bytesMax: 10_000_000 });
  const store = options.store?.(real) ?? real;
  const { values } = configFromEnv({ ...account, ...options.env });
  const logger = { log: (level: string, message: string) => lines.push(`${level}: ${message}`) };
  const limits = createLimits({
    clock,
    logger,
    store,
    values,
    outage: createStoreOutage(logger, values.VERIGATE_STORE_FAILURE),
    hashKeys: options.hashKeys ?? [Buffer.alloc(32, 1)],
    metrics: {
      limitDecided() {},
      sprayingSuspected: (serviceId) => heard.push(`spraying ${serviceId}`),
      pumpingSuspected: (country) => heard.push(`pumping ${country}`),
      sendThresholdReached: (serviceId, threshold) => heard.push(`${serviceId} reached ${threshold} %`),
      readLimits() {},
    },
    onDecision(_, { limit, decision, subject }) {
      decided.push(`${limit} ${decision}`);
      subjects.push(subject);
    },
  });

  const layered = stack<UnaryCall, Message>(
    [limits.countries, limits.phoneMemory, limits.sends, limits.guesses.layer],
    async ({ call, method, message }) => {
      asked.push(method.name);
      const answer = await answerOf(call);
      if (answer instanceof Fault) {
        throw answer;
      }
      return create(method.output, responseOf(method, message, answer));
    },
  );

  const handler = async (given: UnaryCall) => layered(given);

  function unary<Method extends DescMethodUnary>(
    method: Method,
    request: MessageInitShape<Method["input"]>,
  ): UnaryCall {
    return {
      call: callOf({ startedAtMs: clock.nowMs(), progress: createProgress("shop") }),
      method,
      message: create(method.input, request),
    };
  }

  async function summaryOf(call: Promise<Message>, summary: (response: never) => string): Promise<string> {
    return call.then(
      (response) => summary(response as never),
      (error: unknown) => {
        if (error instanceof Fault) {
          return summaryOfFault(error);
        }
        throw error;
      },
    );
  }

  return {
    clock,
    store,
    limits,
    asked,
    subjects,
    heard,
    lines,
    decisions() {
      const all = decided;
      decided = [];
      return all;
    },
    answer(answer) {
      answerOf = typeof answer === "function" ? answer : () => answer;
    },
    unary,
    run: handler,
    initiate: (request) =>
      summaryOf(
        handler(
          unary(AuthAPI.method.initiateAuth, { serviceId: "s", userId: "u", method: AuthMethod.SMS, ...request }),
        ),
        summaryOfInitiation,
      ),
    verify: (request) =>
      summaryOf(
        handler(unary(AuthAPI.method.verifyPin, { serviceId: "s", userId: "u", pin: "0123", ...request })),
        summaryOfVerification,
      ),
    createUser: (request) =>
      summaryOf(
        handler(
          unary(UserAPI.method.createUser, {
            serviceId: "s",
            idInService: "u",
            phoneNumber: "+37255555555",
            ...request,
          }),
        ),
        () => "created",
      ),
    faultOf: (call) =>
      call.then(
        () => {
          throw new Error("it did not fail");
        },
        (error: unknown) => error as Fault,
      ),
  };
}

/** A response of the method; a user that is created has its id_in_service as its id. */
function responseOf(
  method: DescMethod,
  message: Message,
  answer: Exclude<ProviderAnswer, Fault>,
): Record<string, unknown> {
  switch (method) {
    case AuthAPI.method.initiateAuth:
      return { method: answer === "totp" ? AuthMethod.TOTP : AuthMethod.SMS };
    case AuthAPI.method.verifyPin:
      return {
        verified: answer === "right",
        method: AuthMethod.SMS,
        failure: failures[answer] ?? VerifyFailure.UNSPECIFIED,
      };
    default:
      return { user: { id: (message as MessageShape<typeof UserAPI.method.createUser.input>).idInService } };
  }
}

function summaryOfInitiation({ method, resendAfter }: InitiateAuthResponse): string {
  const wait = resendAfter === undefined ? "" : `, again after ${durationMs(resendAfter) / 1_000} s`;
  return `${AuthMethod[method].toLowerCase()}${wait}`;
}

function summaryOfVerification({ verified, failure, throttledBy, checksLeft, retryAfter }: VerifyPinResponse): string {
  const by = throttledBy === 0 ? "" : " by the gateway";
  const left = checksLeft === undefined ? "" : `, ${checksLeft} left`;
  const wait = retryAfter === undefined ? "" : `, again after ${durationMs(retryAfter) / 1_000} s`;
  return verified ? "verified" : `${VerifyFailure[failure].toLowerCase()}${by}${left}${wait}`;
}

function summaryOfFault({ kind, retryAfterMs, quota }: Fault): string {
  const wait = retryAfterMs === undefined ? "" : `, again after ${retryAfterMs / 1_000} s`;
  return `${kind satisfies FaultKind}${wait}${quota === undefined ? "" : ` (${quota.subject}; ${quota.description})`}`;
}
