import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** The way from the gateway to the sandbox, which can be cut. */
export interface UpstreamLink {
  /** What the gateway is told that the upstream is. */
  readonly url: string;
  /** Breaks all connections, and refuses new ones. */
  cut(): Promise<void>;
  /** Takes connections again, at the same address. */
  mend(): Promise<void>;
  close(): Promise<void>;
}

/** A relay on a free port in front of the server at `target`. */
export async function startUpstreamLink(target: string): Promise<UpstreamLink> {
  const { hostname, port: targetPort } = new URL(target);
  const sockets = new Set<Socket>();
  const server = createServer((inbound) => {
    const outbound = connect(Number(targetPort), hostname);
    for (const [socket, other] of [
      [inbound, outbound],
      [outbound, inbound],
    ] as const) {
      sockets.add(socket);
      // One that broke takes its other half with it.
      socket.on("error", () => {}).on("close", () => void (sockets.delete(socket) && other.destroy()));
      socket.pipe(other);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  async function cut(): Promise<void> {
    if (server.listening) {
      server.close();
      for (const socket of sockets) {
        socket.destroy();
      }
      await once(server, "close");
    }
  }

  return {
    url: `http://127.0.0.1:${port}`,
    cut,
    async mend() {
      server.listen(port, "127.0.0.1");
      await once(server, "listening");
    },
    close: cut,
  };
}
