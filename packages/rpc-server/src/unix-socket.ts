import { lstatSync, unlinkSync } from "node:fs";
import { createConnection, type Server } from "node:net";

/**
 * Listens on a Unix socket that only the owner and the group can connect to,
 * from the moment it exists: Node would bind it with 0755.
 *
 * A socket that a dead process left behind is removed. One that answers, and
 * any other file, is left alone and is an Error.
 */
export async function listenOnUnixSocket(server: Server, path: string): Promise<void> {
  await removeStaleSocket(path);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("listening", resolve).once("error", reject);
  // The socket is bound before listen() returns, so the mask is not seen by anything else.
  const mask = process.umask(0o117);
  try {
    server.listen(path);
  } finally {
    process.umask(mask);
  }
  await promise;
}

async function removeStaleSocket(path: string): Promise<void> {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) {
    return;
  }
  if (!stats.isSocket()) {
    throw new Error(`unix:${path}: there is a file that is no socket`);
  }
  if (await isAnswering(path)) {
    throw new Error(`unix:${path}: another process is listening there`);
  }
  unlinkSync(path);
}

function isAnswering(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    // Only a refusal proves that nobody is there: no right to ask, for one, does not.
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code !== "ECONNREFUSED"));
  });
}
