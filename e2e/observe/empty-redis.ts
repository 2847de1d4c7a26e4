import { once } from "node:events";
import { connect } from "node:net";

/** Makes a Redis server on this machine forget everything, as an operator's mistake does. */
export async function emptyRedis(port: number): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  try {
    socket.write("FLUSHALL\r\n");
    await once(socket, "data");
  } finally {
    socket.destroy();
  }
}
