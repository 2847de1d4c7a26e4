import type { AddressInfo } from "node:net";
import type { FrontDoor } from "./front-door.ts";
import { type ListenAddress, textFromListenAddress } from "./listen-address.ts";
import { createMixedServer, type MixedServer, type MixedServerOptions } from "./mixed-server.ts";
import { listenOnUnixSocket } from "./unix-socket.ts";

export interface PortOptions extends Pick<MixedServerOptions, "onRefused" | "age"> {
  readonly address: ListenAddress;
  readonly frontDoor: FrontDoor;
  /** For TCP only; a Unix socket is always cleartext. */
  readonly tls?: MixedServerOptions["tls"];
}

/** A front door that listens. */
export interface Port {
  /** Where it really listens: with the port that the operating system chose. */
  readonly address: ListenAddress;
  /** See {@link MixedServer.setTls}. */
  readonly setTls: MixedServer["setTls"];
  /** Takes no more connections, and has the open ones end after their answers in flight. */
  drain(): void;
  /** Fulfils when the last connection has ended. */
  readonly drained: Promise<void>;
  /** Breaks what is still open. */
  destroy(): void;
}

/** Opens the front door at an address. Throws an Error that names it where that fails. */
export async function openPort({ address, frontDoor, onRefused, tls, age }: PortOptions): Promise<Port> {
  const isUnix = address.kind === "unix";
  const listener = { onRefused, isDraining: false };
  const mixed = createMixedServer({
    peer: { listener: textFromListenAddress(address), isUnix },
    onRequest: (exchange, connection) => frontDoor({ exchange, connection, listener }),
    onRefused,
    age,
    ...(tls === undefined || isUnix ? {} : { tls }),
  });
  const { promise: drained, resolve } = Promise.withResolvers<void>();
  mixed.server.once("close", resolve);
  if (isUnix) {
    await listenOnUnixSocket(mixed.server, address.path);
  } else {
    await new Promise<void>((listening, reject) => {
      mixed.server.once("error", reject);
      mixed.server.listen({ host: address.host, port: address.port }, listening);
    });
  }
  return {
    address: isUnix ? address : { ...address, port: (mixed.server.address() as AddressInfo).port },
    setTls: (next) => mixed.setTls(next),
    drain() {
      listener.isDraining = true;
      mixed.drain();
    },
    drained,
    destroy: () => mixed.destroy(),
  };
}
