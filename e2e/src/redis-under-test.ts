import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { onTestFinished } from "vitest";
import { eventually } from "./eventually.ts";
import { freePort } from "./free-port.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** A Redis server that can be told to end; it ends with the test at the latest. */
export interface RedisUnderTest {
  readonly url: string;
  readonly port: number;
  kill(): Promise<void>;
  /** Sends one command, and fulfils with the first line of its answer. */
  send(command: string): Promise<string>;
}

/** Starts an empty server, on the port of one that was killed or on any. */
export async function startRedis(givenPort?: number): Promise<RedisUnderTest> {
  const port = givenPort ?? (await freePort());
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", temporaryFolder()];
  const child = spawn("redis-server", args, { stdio: "ignore" });
  const ended = once(child, "close");
  const kill = async () => {
    child.kill("SIGKILL");
    await ended;
  };
  onTestFinished(kill);
  const send = async (command: string) => {
    const socket = connect(port, "127.0.0.1");
    socket.end(`${command}\r\nQUIT\r\n`);
    let answer = "";
    for await (const text of socket.setEncoding("utf8")) {
      answer += text;
    }
    return answer.split("\r\n")[0] ?? "";
  };
  await eventually(() =>
    send("PING")
      .then((answer) => answer === "+PONG" || undefined)
      .catch(() => undefined),
  );
  return { url: `redis://127.0.0.1:${port}`, port, kill, send };
}
