import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { AuthMethod } from "@verigate/contract";
import { createPhoneNumbers } from "./phone-numbers.ts";
import { type Episode, newUsers, type Stage, settled } from "./stage.ts";

const latvianPhones = createPhoneNumbers("+3712");
const json = { "content-type": "application/json" };
/** As long as the issuer's keys are missing, nobody can tell what it is worth. */
const token = ['{"alg":"RS256"}', '{"sub":"somebody"}', "signature"]
  .map((part) => Buffer.from(part).toString("base64url"))
  .join(".");

export const mistakes: Episode = {
  title: "callers make mistakes",
  async run({ caller, serviceId, fqdn, userId, baseUrl, sandbox }) {
    const { services, users, auth } = caller;
    const user = { serviceId, userId };
    await settled(
      users.getUser({ serviceId, userId: "nobody" }),
      services.getService({ serviceId: "nothing" }),
      services.createService({ fqdn, name: "Again" }),
      services.deleteService({ serviceId }),
      users.getUser({}),
      auth.verifyPin({ ...user, pin: "12" }),
      auth.initiateAuth(user),
      services.createService({ fqdn: "large.example", name: "x".repeat(100_000) }),
      users.listUsers({ serviceId, pageToken: "nonsense" }),
      users.createUser({ serviceId, phoneNumber: "555", idInService: "x" }),
    );
    for (const path of ["verigate.v1.AuthAPI/Guess", "verigate.v2.AuthAPI/VerifyPin", "wp-login.php"]) {
      await settled(fetch(`${baseUrl}/${path}`, { method: "POST", headers: json, body: "{}" }));
    }
    // Callers that leave, and one that has no time.
    await sandbox.fault({ call: "getUser", delay_ms: 300, times: 3 });
    await settled(
      users.getUser(user, { signal: AbortSignal.timeout(50) }),
      users.getUser(user, { signal: AbortSignal.timeout(50) }),
      users.getUser(user, { headers: { "grpc-timeout": "100m" } }),
    );
    for (const bytes of ["NONSENSE\r\n\r\n", `GET / HTTP/1.1\r\nx: ${"x".repeat(100_000)}\r\n\r\n`]) {
      await sendBytes(baseUrl, bytes);
    }
  },
};

export const repeats: Episode = {
  title: "calls are repeated with their request_id",
  async run({ caller: { services, users }, serviceId, sandbox, phones }) {
    for (let time = 0; time < 3; time += 1) {
      const request = { fqdn: `once-${randomUUID()}.example`, name: "Once", requestId: randomUUID() };
      // Twins: the second one waits for the first one's answer.
      await sandbox.fault({ call: "createService", delay_ms: 200 });
      await settled(services.createService(request), services.createService(request));
      await settled(services.createService(request));
      await settled(services.createService({ ...request, name: "Another" }));
      const user = { serviceId, phoneNumber: phones.next(), idInService: `once-${randomUUID()}` };
      const requestId = randomUUID();
      await settled(users.createUser({ ...user, requestId }));
      await settled(users.createUser({ ...user, requestId }));
    }
  },
};

export const strangers: Episode = {
  title: "strangers call, and the file of keys is broken for a moment",
  async run({ guardedUrl, keysPath, serviceId, pace }, round) {
    const call = (authorization?: string) =>
      fetch(`${guardedUrl}/verigate.v1.ServiceAPI/GetService`, {
        method: "POST",
        headers: { ...json, ...(authorization === undefined ? {} : { authorization }) },
        body: JSON.stringify({ serviceId }),
      });
    for (let time = 0; time < 3; time += 1) {
      const shown = [undefined, "Bearer vg_of-nobody", "Basic b2JzZXJ2ZTpvYnNlcnZl", `Bearer ${token}`];
      await settled(...shown.map(call));
    }
    const [key] = readFileSync(keysPath, "utf8").split("\n");
    writeFileSync(keysPath, "no key at all\n");
    await sleep(pace.reloadMs);
    // Not as it was before, or there would be nothing to read.
    writeFileSync(keysPath, `${key}\n# mended for the ${round + 1}. time\n`);
  },
};

export const abuse: Episode = {
  title: "somebody has messages sent, and tries one PIN on everybody",
  async run(stage) {
    const { auth } = stage.caller;
    const targets = await newUsers({ ...stage, phones: latvianPhones }, 65);
    const start = async ({ serviceId, userId }: { serviceId: string; userId: string }) => {
      if (!stage.signal.aborted) {
        await settled(auth.initiateAuth({ serviceId, userId, method: AuthMethod.SMS }));
      }
    };
    for (const target of targets.slice(0, 55)) {
      await start(target);
    }
    // A counter that appears between two scrapes has not grown: the rest comes after the next.
    await sleep(1_200);
    for (const target of targets.slice(55)) {
      await start(target);
    }
    for (const { serviceId, userId } of targets.slice(0, 30)) {
      await settled(auth.verifyPin({ serviceId, userId, pin: "123456" }));
    }
    // One of them is impatient, and has no luck.
    for (let time = 0; time < 5 && targets[0] !== undefined; time += 1) {
      await start(targets[0]);
    }
  },
};

export const latePins: Episode = {
  title: "users type their PINs too late",
  async run(stage) {
    const { auth } = stage.caller;
    const late = await newUsers(stage, 8);
    await settled(
      ...late.map(({ serviceId, userId }) => auth.initiateAuth({ serviceId, userId, method: AuthMethod.SMS })),
    );
    await stage.sandbox.letPinsExpire();
    for (const { serviceId, userId, phoneNumber } of late) {
      const pin = (await stage.sandbox.pinOf(phoneNumber)) ?? "1111";
      await settled(auth.verifyPin({ serviceId, userId, pin }));
    }
  },
};

export const burst: Episode = {
  title: "calls come in a burst",
  async run({ caller: { services }, serviceId }: Stage) {
    await settled(...Array.from({ length: 150 }, () => services.getService({ serviceId })));
  },
};

/** Sends what is no request, and waits for the end of the connection. */
async function sendBytes(baseUrl: string, bytes: string): Promise<void> {
  const { hostname, port } = new URL(baseUrl);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {}).resume();
  socket.write(bytes);
  await once(socket, "close");
}
