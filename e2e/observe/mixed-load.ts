import { setTimeout as sleep } from "node:timers/promises";
import type { RedisProcess } from "../chaos/redis-process.ts";
import { episodes } from "./episodes.ts";
import { createLoadCaller, type LoadCaller, loadProtocols } from "./load-caller.ts";
import { LoadCounts } from "./load-counts.ts";
import type { LoadPace } from "./load-pace.ts";
import { logIn } from "./logins.ts";
import { createPhoneNumbers, type PhoneNumbers } from "./phone-numbers.ts";
import type { SandboxControl } from "./sandbox-control.ts";
import type { Stage } from "./stage.ts";
import type { UpstreamLink } from "./upstream-link.ts";

export interface MixedLoadOptions {
  /** `http://host:port` of the gateway. */
  readonly baseUrl: string;
  /** The same, of a listener whose callers need a key. */
  readonly guardedUrl: string;
  /** The file that has the keys. */
  readonly keysPath: string;
  readonly sandbox: SandboxControl;
  readonly link: UpstreamLink;
  readonly redis: RedisProcess | undefined;
  /** Whose users log in, in turn. */
  readonly serviceIds: readonly string[];
  readonly pace: LoadPace;
}

/** Logins of many users, during which all happens that a gateway has figures for. */
export interface MixedLoad {
  readonly counts: LoadCounts;
  /** What happens now. */
  readonly episode: string;
  /** Plays all episodes once. Stops early, and fulfils, when the load is stopped. */
  play(): Promise<void>;
  /** Breaks off what is under way, and fulfils when all of it has ended. */
  stop(): Promise<void>;
}

const calm = "nothing but logins";
/** Logins at a time, so that an outage does not pile them up. */
const loginsMax = 200;

/** Starts the logins. The gateway has to be ready. */
export async function startMixedLoad(options: MixedLoadOptions): Promise<MixedLoad> {
  const { baseUrl, sandbox, serviceIds, pace } = options;
  const counts = new LoadCounts();
  const callers = loadProtocols.map((protocol) => createLoadCaller(baseUrl, protocol, counts));
  const callerOf = (number: number) => callers[number % callers.length] as (typeof callers)[number];
  const end = new AbortController();
  const { signal } = end;
  const underWay = new Set<Promise<void>>();
  let episode = calm;
  let begun = 0;
  let round = 0;

  const phones = createPhoneNumbers("+3725");
  const caller = callerOf(0);
  const stage: Stage = { ...options, phones, signal, caller, ...(await makeSubject(caller, phones)) };
  const startedAtMs = performance.now();
  const timer = setInterval(() => {
    const due = ((performance.now() - startedAtMs) / 1_000) * pace.loginsPerSecond;
    for (; begun < due; begun += 1) {
      if (underWay.size < loginsMax) {
        beginLogin(begun);
      }
    }
  }, 20);

  function beginLogin(number: number): void {
    const serviceId = serviceIds[number % serviceIds.length] ?? "";
    const login = logIn(number, { caller: callerOf(number), counts, sandbox, serviceId, pace, phones, signal })
      // A login that failed is an end like any other; its calls have been counted.
      .catch(() => {})
      .finally(() => underWay.delete(login));
    underWay.add(login);
  }

  /** What the last episode broke does not get into the next one. */
  async function recover(): Promise<void> {
    const { services } = stage.caller;
    const isAnswered = () =>
      services.getService({ serviceId: stage.serviceId }).then(
        () => true,
        () => false,
      );
    while (!signal.aborted && !(await isAnswered())) {
      await sleep(100);
    }
  }

  async function play(): Promise<void> {
    for (const { title, run } of episodes) {
      episode = calm;
      await sleep(pace.pauseMs, undefined, { signal }).catch(() => {});
      if (signal.aborted) {
        return;
      }
      await recover();
      episode = title;
      await run(stage, round);
    }
    episode = calm;
    round += 1;
  }

  // An episode that breaks off halfway leaves no faults behind that matter: the sandbox ends with it.
  let playing = Promise.resolve();
  return {
    counts,
    get episode() {
      return episode;
    },
    play: () => (playing = play()),
    async stop() {
      end.abort();
      clearInterval(timer);
      for (const caller of callers) {
        caller.close();
      }
      // What it failed of, its caller is told.
      await playing.catch(() => {});
      await Promise.all(underWay);
    },
  };
}

/** The service and the user that the episodes are about. */
async function makeSubject({ services, users }: LoadCaller, phones: PhoneNumbers) {
  const fqdn = "subject.example";
  const { service } = await services.createService({ fqdn, name: "Subject" });
  const serviceId = service?.id ?? "";
  const { user } = await users.createUser({ serviceId, phoneNumber: phones.next(), idInService: "subject" });
  return { fqdn, serviceId, userId: user?.id ?? "" };
}
