import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";

/** A proxy for CONNECT, in this process. */
export interface TunnelProxy {
  readonly url: string;
  /** The hosts and ports that tunnels were asked to. */
  readonly asked: readonly string[];
  /** Breaks all tunnels, takes every connection from now on, and answers none, for ever. */
  hang(): void;
  /** Answers new connections again. Those that it has left hanging stay so. */
  recover(): void;
  close(): void;
}

export async function startTunnelProxy(): Promise<TunnelProxy> {
  const sockets = new Set<Socket>();
  const tunnels = new Set<Socket>();
  const asked: string[] = [];
  let isHanging = false;

  const proxy = createServer((_, response) => response.writeHead(400).end());
  proxy.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  proxy.on("connect", (request, socket: Socket, head) => {
    socket.on("error", () => socket.destroy());
    asked.push(request.url ?? "");
    if (isHanging) {
      return;
    }
    const target = connect(Number(request.url?.split(":")[1]), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      target.write(head);
      target.pipe(socket).pipe(target);
    });
    tunnels.add(socket);
    target.on("error", () => socket.destroy()).on("close", () => socket.destroy());
    socket.on("close", () => {
      tunnels.delete(socket);
      target.destroy();
    });
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");

  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    asked,
    hang() {
      isHanging = true;
      for (const socket of tunnels) {
        socket.resetAndDestroy();
      }
    },
    recover() {
      isHanging = false;
    },
    close() {
      proxy.close();
      for (const socket of sockets) {
        socket.destroy();
      }
    },
  };
}
