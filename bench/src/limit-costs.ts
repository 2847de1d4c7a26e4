/**
 * What limits cost, in this process alone and without a network: CPU per call of
 * their layers, with the store in memory and the settings as they come, and
 * memory of a million users. Prints a LimitCosts as JSON. Needs --expose-gc.
 */
import { create, type Message } from "@bufbuild/protobuf";
import { type Call, createProgress, type Layer, stack } from "@verigate/call";
import {
  AuthAPI,
  AuthMethod,
  CreateUserResponseSchema,
  InitiateAuthResponseSchema,
  UserAPI,
  VerifyFailure,
  VerifyPinResponseSchema,
} from "@verigate/contract";
import { configFromEnv } from "@verigate/gateway";
import type { UnaryCall, UnaryHandler } from "@verigate/rpc-server";
import { createMetrics } from "@verigate/telemetry";
import { createLimits } from "../../apps/gateway/src/limits/create-limits.ts";
import { rememberedMs } from "../../apps/gateway/src/store/limit-store.ts";
import { createMemoryLimitStore } from "../../apps/gateway/src/store/memory-limit-store.ts";
import { createStoreOutage } from "../../apps/gateway/src/store/store-outage.ts";
import type { LimitCosts } from "./measure-limits.ts";

const users = 1_000_000;
const calls = 20_000;
const rounds = 9;
const warmUps = 200_000;
const mib = 2 ** 20;
const endUser = { ip: "192.0.2.1", session: "6b1d9f0e-0000-4000-8000-00000000000a" };

let nowMs = 1_000;
const clock = { nowMs: () => nowMs, wallMs: () => Date.now(), setTimer: () => ({ cancel() {} }) };
const logger = { log() {} };

const created = create(CreateUserResponseSchema, { user: { id: "u" } });
const sent = create(InitiateAuthResponseSchema, { method: AuthMethod.SMS });
const right = create(VerifyPinResponseSchema, { verified: true, method: AuthMethod.SMS });
const wrong = create(VerifyPinResponseSchema, { failure: VerifyFailure.INVALID, method: AuthMethod.SMS });

/** The layers of limits, in the gateway's order, over what answers at once. */
function limited(): {
  readonly store: ReturnType<typeof createMemoryLimitStore>;
  readonly layers: Layer<UnaryCall, Message>[];
} {
  const { values } = configFromEnv({ MESSENTE_API_USERNAME: "bench", MESSENTE_API_PASSWORD: "bench" });
  const store = createMemoryLimitStore({ clock, bytesMax: 512 * mib });
  const limits = createLimits({
    clock,
    logger,
    store,
    values,
    metrics: createMetrics(),
    outage: createStoreOutage(logger, "reject"),
    hashKeys: [Buffer.alloc(32, 1)],
  });
  return { store, layers: [limits.countries, limits.phoneMemory, limits.sends, limits.guesses.layer] };
}

const idOf = (number: number) => `6b1d9f0e-0000-4000-8000-${String(number).padStart(12, "0")}`;
const call = { progress: createProgress("shop") } as Call;
const serviceId = idOf(0);

interface Kind {
  readonly name: string;
  readonly answer: Message;
  readonly unary: (number: number) => UnaryCall;
}

const guess = (name: string, answer: Message, more = {}): Kind => {
  const { verifyPin: method } = AuthAPI.method;
  return {
    name,
    answer,
    unary: (number) => ({
      call,
      method,
      message: create(method.input, { serviceId, userId: idOf(number), pin: "0123", ...more }),
    }),
  };
};
const start = (name: string, more = {}): Kind => {
  const { initiateAuth: method } = AuthAPI.method;
  return {
    name,
    answer: sent,
    unary: (number) => ({
      call,
      method,
      message: create(method.input, { serviceId, userId: idOf(number), method: AuthMethod.SMS, ...more }),
    }),
  };
};
const kinds: readonly Kind[] = [
  start("InitiateAuth"),
  start("InitiateAuth with end_user", { endUser }),
  guess("VerifyPin, right", right),
  guess("VerifyPin, wrong", wrong),
  guess("VerifyPin, wrong, with end_user", wrong, { endUser }),
];

async function microsOf(handler: UnaryHandler, all: readonly UnaryCall[]): Promise<number> {
  const startedAt = process.cpuUsage();
  for (const unary of all) {
    await handler(unary);
  }
  const { user, system } = process.cpuUsage(startedAt);
  return (user + system) / all.length;
}

/** CPU per call with limits, less that without, in microseconds: the least of several rounds, each of new users. */
async function cpuOf({ name, answer, unary }: Kind): Promise<readonly [string, number]> {
  const bare: UnaryHandler = async () => ({ ...answer });
  const { layers } = limited();
  const handler = stack<UnaryCall, Message>(layers, bare);
  const least = { bare: Number.POSITIVE_INFINITY, limited: Number.POSITIVE_INFINITY };
  for (let round = 0; round < rounds; round += 1) {
    const all = Array.from({ length: calls }, (_, index) => unary(round * calls + index));
    least.bare = Math.min(least.bare, await microsOf(bare, all));
    least.limited = Math.min(least.limited, await microsOf(handler, all));
  }
  return [name, least.limited - least.bare];
}

function residentMib(): number {
  (globalThis as { gc?: () => void }).gc?.();
  return process.memoryUsage.rss() / mib;
}

/** A million users who were created, sent a PIN, and guessed wrong; and what is left when all of that is over. */
async function memoryOfUsers(): Promise<LimitCosts["memory"]> {
  const { store, layers } = limited();
  let answer: Message = created;
  const handler = stack<UnaryCall, Message>(layers, async () => answer);
  const { createUser } = UserAPI.method;

  async function login(number: number): Promise<void> {
    const phoneNumber = `+3725${String(number).padStart(7, "0")}`;
    answer = create(CreateUserResponseSchema, { user: { id: idOf(number) } });
    const message = create(createUser.input, { serviceId, phoneNumber, idInService: "anna" });
    await handler({ call, method: createUser, message });
    answer = { ...sent };
    await handler(start("").unary(number)).catch(() => {});
    answer = { ...wrong };
    await handler(guess("", wrong).unary(number));
  }

  // What calls need by themselves, whoever makes them, is not what is measured.
  for (let number = 0; number < warmUps; number += 1) {
    await login(number % 100);
  }
  const beforeMib = residentMib();
  for (let number = 0; number < users; number += 1) {
    await login(number);
  }
  const entries = store.entries ?? 0;
  const fullMib = residentMib();
  nowMs += 2 * rememberedMs;
  for (let number = 0; number < users; number += 1) {
    await handler(guess("", wrong).unary(number % 4));
  }
  return { users, entries, beforeMib, fullMib, entriesLeft: store.entries ?? 0 };
}

const memory = await memoryOfUsers();
const cpuMicros: (readonly [string, number])[] = [];
for (const kind of kinds) {
  cpuMicros.push(await cpuOf(kind));
}
process.stdout.write(`${JSON.stringify({ cpuMicros, memory } satisfies LimitCosts)}\n`);
