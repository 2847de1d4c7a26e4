import { startServer } from "./children.ts";
import { node, pathOf } from "./contestants.ts";
import { freePort } from "./free-port.ts";

/** What has arrived since it started: authentications, guesses by their PIN, users that were read, and anything else. */
export interface UpstreamCounts {
  started: number;
  right: number;
  wrong: number;
  read: number;
  strangers: number;
}

/** The process that plays Verigator for many users. */
export interface UsersUpstream {
  readonly origin: string;
  counts(): Promise<Readonly<UpstreamCounts>>;
  stop(): Promise<void>;
}

export async function startUsersUpstream(core: number | undefined): Promise<UsersUpstream> {
  const port = await freePort();
  const command = [...node(), pathOf("servers/users-upstream.ts"), String(port)];
  const { child } = await startServer(command, port, { core });
  const origin = `http://127.0.0.1:${port}`;
  return {
    origin,
    counts: async () => (await (await fetch(`${origin}/counts`)).json()) as UpstreamCounts,
    stop: () => child.stop(),
  };
}
