import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { AuthMethod } from "@verigate/contract";
import type { SandboxFault } from "./sandbox-control.ts";
import { type Episode, newUsers, settled } from "./stage.ts";

const odd: readonly Omit<SandboxFault, "call">[] = [
  { status: 503 },
  { status: 429, headers: { "retry-after": "1" } },
  { status: 429, headers: { "retry-after": "9" } },
  { status: 403 },
  { status: 404, body: "<html>Not here</html>" },
  { body: "<html>Welcome!</html>" },
  { half_body: true },
  { reset: "before" },
  { reset: "after" },
  { status: 418, body: {} },
];

export const oddAnswers: Episode = {
  title: "the upstream answers oddly",
  async run(stage) {
    const { caller, sandbox, signal, serviceId, userId, phones } = stage;
    const { services, users, auth } = caller;
    const targets = await newUsers(stage, odd.length);
    for (const [index, fault] of odd.entries()) {
      if (signal.aborted) {
        return;
      }
      const target = { serviceId, userId: targets[index]?.userId ?? userId };
      for (const call of ["getUser", "initiateAuth", "verifyPin", "createUser"]) {
        await sandbox.fault({ call, ...fault });
      }
      await settled(
        users.getUser({ serviceId, userId }),
        users.createUser({ serviceId, phoneNumber: phones.next(), idInService: `odd-${randomUUID()}` }),
        auth.initiateAuth({ ...target, method: AuthMethod.SMS }),
        auth.verifyPin({ ...target, pin: "2222" }),
      );
    }
    // A service of its own each, because a list that is kept is not asked for again.
    for (const fault of [undefined, { status: 503, times: 3 }, { half_body: true, times: 3 }]) {
      const { service } = await services.createService({ fqdn: `list-${randomUUID()}.example`, name: "List" });
      const list = { serviceId: service?.id ?? "" };
      if (fault !== undefined) {
        await sandbox.fault({ call: "listUsers", ...fault });
      }
      await settled(users.listUsers(list));
      await settled(users.listUsers(list));
      await sandbox.clearFaults();
      await settled(services.deleteService(list));
    }
  },
};

export const frequentErrors: Episode = {
  title: "every other answer of the upstream is an error",
  async run({ caller: { users, services }, sandbox, signal, serviceId, userId }) {
    // Too few failures for the breaker, and too many for the budget of repeats.
    await sandbox.fault({ call: "getUser", status: 503, times: 90 });
    for (let time = 0; time < 28 && !signal.aborted; time += 1) {
      await settled(
        users.getUser({ serviceId, userId }),
        ...Array.from({ length: 5 }, () => services.getService({ serviceId })),
      );
    }
    await sandbox.clearFaults();
  },
};

export const slowAnswers: Episode = {
  title: "the upstream is slow",
  async run(stage) {
    const { sandbox, serviceId, userId } = stage;
    const { users, auth } = stage.caller;
    const patient = await newUsers(stage, 3);
    await sandbox.fault({ call: "getUser", delay_ms: 1_200, times: 60 });
    // Answered in time for the gateway, and slow by its objective.
    await sandbox.fault({ call: "verifyPin", delay_ms: 2_600, times: 5 });
    await settled(
      // More calls than have slots, than wait, and than the queue holds.
      ...Array.from({ length: 340 }, () => users.getUser({ serviceId, userId })),
      ...patient.map((user) => auth.verifyPin({ serviceId, userId: user.userId, pin: "4444" })),
    );
    await sandbox.clearFaults();
  },
};

export const unreachable: Episode = {
  title: "the upstream can't be reached",
  async run({ caller: { users }, link, pace, signal, serviceId, userId }) {
    await link.cut();
    const until = performance.now() + pace.outageMs;
    while (performance.now() < until && !signal.aborted) {
      await settled(users.getUser({ serviceId, userId }), users.listUsers({ serviceId: `down-${randomUUID()}` }));
      await sleep(50);
    }
    await link.mend();
  },
};

export const nothingButErrors: Episode = {
  title: "the upstream answers with nothing but errors",
  async run(stage) {
    const { sandbox, pace, signal, serviceId, userId } = stage;
    const { users, auth } = stage.caller;
    const targets = await newUsers(stage, 30);
    await sandbox.fault({ call: "any", status: 503, times: 1_000 });
    const until = performance.now() + pace.outageMs;
    for (let time = 0; performance.now() < until && !signal.aborted; time += 1) {
      const target = { serviceId, userId: targets[time % targets.length]?.userId ?? userId };
      await settled(
        users.getUser({ serviceId, userId }),
        auth.verifyPin({ ...target, pin: "3333" }),
        auth.initiateAuth({ ...target, method: AuthMethod.SMS }),
      );
      await sleep(50);
    }
    await sandbox.clearFaults();
  },
};

export const refusedAccount: Episode = {
  title: "the upstream refuses the account",
  async run({ caller: { users }, sandbox, signal, serviceId, userId }) {
    await sandbox.fault({ call: "any", status: 401, times: 12 });
    for (let time = 0; time < 20 && !signal.aborted; time += 1) {
      await settled(users.getUser({ serviceId, userId }));
      await sleep(50);
    }
    await sandbox.clearFaults();
  },
};
