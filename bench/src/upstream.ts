import { type Child, startServer } from "./children.ts";
import { node, pathOf } from "./contestants.ts";
import { freePort } from "./free-port.ts";

/** The process that plays Verigator. */
export interface Upstream {
  readonly origin: string;
  /** The sample calls that have arrived since it started. Rejects where anything else arrived too. */
  matched(): Promise<number>;
  stop(): Promise<void>;
}

/** Starts the upstream on a core of its own choice: not the measured server's. */
export async function startUpstream(core: number | undefined): Promise<Upstream> {
  const port = await freePort();
  const command = [...node(), pathOf("servers/upstream.ts"), String(port)];
  const { child }: { child: Child } = await startServer(command, port, { core });
  const origin = `http://127.0.0.1:${port}`;
  return {
    origin,
    async matched() {
      const counts = (await (await fetch(`${origin}/counts`)).json()) as { matched: number; strangers: number };
      if (counts.strangers > 0) {
        throw new Error(`${counts.strangers} requests reached the upstream that are not the translated sample call`);
      }
      return counts.matched;
    },
    stop: () => child.stop(),
  };
}
