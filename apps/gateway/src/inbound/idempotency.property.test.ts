import { create, type Message } from "@bufbuild/protobuf";
import { createProgress, Fault, type FaultKind, type Progress } from "@verigate/call";
import { createTestClock } from "@verigate/call/testing";
import { AuthAPI, AuthMethod, InitiateAuthResponseSchema } from "@verigate/contract";
import type { UnaryCall } from "@verigate/rpc-server";
import fc from "fast-check";
import { expect, it } from "vitest";
import type { ClaimStore } from "../store/claim-store.ts";
import { createMemoryClaimStore } from "../store/memory-claim-store.ts";
import { createStoreOutage } from "../store/store-outage.ts";
import { createIdempotency } from "./idempotency.ts";

/** How an operation ends, whether a request was sent by then, and whether another may follow. */
const endings = {
  answered: { fault: undefined, isSent: true, allowsRun: false },
  rejected: { fault: "upstream-rejected", isSent: true, allowsRun: false },
  unknown: { fault: "outcome-unknown", isSent: true, allowsRun: false },
  garbled: { fault: "upstream-bad-response", isSent: true, allowsRun: false },
  bug: { fault: "gateway-bug", isSent: true, allowsRun: false },
  late: { fault: "deadline-exceeded", isSent: true, allowsRun: false },
  unsent: { fault: "upstream-unreachable", isSent: false, allowsRun: true },
  shed: { fault: "overloaded", isSent: false, allowsRun: true },
  limited: { fault: "upstream-rate-limited", isSent: true, allowsRun: true },
} as const satisfies Readonly<Record<string, { fault: FaultKind | undefined; isSent: boolean; allowsRun: boolean }>>;

const method = AuthAPI.method.initiateAuth;
const requestIds = ["6b1d9f0e-0000-4000-8000-00000000000a", "6b1d9f0e-0000-4000-8000-00000000000b"] as const;

const which = fc.nat({ max: 20 });
const event = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant("call" as const), which, replica: fc.nat({ max: 1 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant("end" as const),
      which,
      how: fc.constantFrom(...(Object.keys(endings) as (keyof typeof endings)[])),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("leave" as const), which }) },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant("pass" as const), ms: fc.constantFrom(10, 250, 5_000, 40_000) }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("die" as const), replica: fc.nat({ max: 1 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("store" as const),
      fails: fc.subarray(["claim", "settle", "release"] as const),
      isDeaf: fc.boolean(),
    }),
  },
);

interface Run {
  readonly requestId: string;
  readonly replica: number;
  readonly progress: Progress;
  readonly answer: (response: Message) => void;
  readonly fail: (fault: Fault) => void;
}

/** Lets everything happen that waits for no timer and no operation. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

it("whatever happens, an operation starts once per request_id, unless the earlier starts were provably not carried out", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 60, size: "max" }), async (events) => {
      const clock = createTestClock();
      const store = createMemoryClaimStore({ clock, bytesMax: 1_000_000 });
      let trouble: { fails: readonly string[]; isDeaf: boolean } = { fails: [], isDeaf: false };
      /** The store as a replica sees it: while there is trouble, a call is lost, or only its answer is. */
      const over =
        <Args extends unknown[], Result>(name: string, call: (...args: Args) => Promise<Result>) =>
        async (...args: Args) => {
          const fails = trouble.fails.includes(name);
          if (fails && !trouble.isDeaf) {
            throw new Error("lost");
          }
          const result = await call(...args);
          if (fails) {
            throw new Error("no answer");
          }
          return result;
        };
      const troubled: ClaimStore = {
        ...store,
        claim: over("claim", store.claim),
        settle: over("settle", store.settle),
        release: over("release", store.release),
      };
      const replicas = [0, 1].map(() =>
        createIdempotency({
          clock,
          store: troubled,
          outage: createStoreOutage({ log: () => {} }, "reject"),
          onStoreFailure: "reject",
          hashKeys: [Buffer.alloc(32, 1)],
          unsafeAttemptTimeoutMs: 15_000,
          repairMsMax: 0,
        }),
      );
      const open: Run[] = [];
      const waiting: Progress[] = [];
      const runsAllowed = new Map<string, number>(requestIds.map((id) => [id, 1]));
      const runs = new Map<string, number>();

      const operation = (requestId: string, replica: number) => (unary: UnaryCall) =>
        new Promise<Message>((answer, fail) => {
          runs.set(requestId, (runs.get(requestId) ?? 0) + 1);
          open.push({ requestId, replica, progress: unary.call.progress, answer, fail });
        });

      for (const happening of events) {
        switch (happening.type) {
          case "call": {
            const requestId = requestIds[happening.which % requestIds.length] ?? requestIds[0];
            const progress = { ...createProgress(), deadlineAtMs: clock.nowMs() + 10_000 };
            const call = { progress } as UnaryCall["call"];
            const message = create(method.input, { serviceId: "s", userId: "u", method: AuthMethod.SMS, requestId });
            waiting.push(progress);
            replicas[happening.replica]
              ?.layer(operation(requestId, happening.replica))({ call, method, message })
              .catch(() => {});
            break;
          }
          case "end": {
            const [run] = open.splice(happening.which % Math.max(1, open.length), 1);
            const { fault, isSent, allowsRun } = endings[happening.how];
            if (run !== undefined) {
              run.progress.isOutcomeOpen = isSent;
              if (allowsRun) {
                runsAllowed.set(run.requestId, (runsAllowed.get(run.requestId) ?? 0) + 1);
              }
              if (fault === undefined) {
                run.answer(create(InitiateAuthResponseSchema, { method: AuthMethod.SMS }));
              } else {
                run.fail(new Fault(fault));
              }
            }
            break;
          }
          case "leave": {
            const progress = waiting[happening.which % Math.max(1, waiting.length)];
            if (progress !== undefined) {
              progress.isAbandoned = true;
            }
            break;
          }
          case "pass":
            clock.advance(happening.ms);
            break;
          case "die":
            // What ran there has no end any more.
            open.splice(0, open.length, ...open.filter(({ replica }) => replica !== happening.replica));
            break;
          case "store":
            trouble = happening;
            break;
        }
        await settle();
        for (const [requestId, count] of runs) {
          expect(count).toBeLessThanOrEqual(runsAllowed.get(requestId) ?? 0);
        }
      }
    }),
    { numRuns: 500 },
  );
});
