import { once } from "node:events";
import { type AddressInfo, createConnection, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** For tests: an address that leads to a server, and loses what the test wants lost. */
export interface RelayForTest {
  readonly url: URL;
  /** How many connections came so far. */
  readonly connections: () => number;
  /** Where new connections lead; those that are open stay where they are. */
  leadTo(target: URL): void;
  /** From now on, what the server answers gets lost. */
  loseAnswers(): void;
  /** From now on, what is sent to the server gets lost too. */
  loseQuestions(): void;
  /** Breaks all connections; nothing gets lost of those that come after. */
  cut(): void;
}

/** Starts a relay that ends with the test. */
export async function startRelayForTest(target: URL): Promise<RelayForTest> {
  let port = Number(target.port);
  let [losesAnswers, losesQuestions] = [false, false];
  let connections = 0;
  const sockets = new Set<Socket>();

  function keep(socket: Socket, other: Socket): void {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => {
      sockets.delete(socket);
      other.destroy();
    });
  }

  const server = createServer((near) => {
    connections += 1;
    const far = createConnection(port, "127.0.0.1");
    keep(near, far);
    keep(far, near);
    near.on("data", (bytes) => losesQuestions || far.write(bytes));
    far.on("data", (bytes) => losesAnswers || near.write(bytes));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  function cut(): void {
    [losesAnswers, losesQuestions] = [false, false];
    for (const socket of sockets) {
      socket.destroy();
    }
  }
  onTestFinished(() => {
    server.close();
    cut();
  });
  return {
    url: new URL(`redis://127.0.0.1:${(server.address() as AddressInfo).port}`),
    connections: () => connections,
    leadTo(next) {
      port = Number(next.port);
    },
    loseAnswers() {
      losesAnswers = true;
    },
    loseQuestions() {
      losesQuestions = true;
    },
    cut,
  };
}
