import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { freePort } from "../src/free-port.ts";
import { temporaryFolder } from "../src/temporary-folder.ts";
import { until } from "./until.ts";

/** A server that connections may be sent to; it need not run. */
export interface BalancedServer {
  readonly name: string;
  /** Of 127.0.0.1, like the next. */
  readonly port: number;
  /** Where `/readyz` is asked for. */
  readonly adminPort: number;
}

/** Debian's haproxy, which hands on connections and knows nothing of what is in them. It ends with the test. */
export interface HaproxyUnderTest {
  /** Where callers connect. */
  readonly authority: string;
  /** Fulfils when new connections are sent to these servers and no others. */
  sendsTo(...names: readonly string[]): Promise<void>;
}

export interface HaproxyOptions {
  /** How often each server is asked whether it is ready, in milliseconds. One answer decides. */
  readonly checkMs: number;
}

export async function startHaproxy(
  servers: readonly BalancedServer[],
  { checkMs }: HaproxyOptions,
): Promise<HaproxyUnderTest> {
  const folder = temporaryFolder();
  const port = await freePort();
  const controlPath = join(folder, "control.sock");
  const configPath = join(folder, "haproxy.cfg");
  writeFileSync(configPath, textOfConfig({ port, controlPath, servers, checkMs }));
  const child = spawn("haproxy", ["-db", "-q", "-f", configPath], { stdio: ["ignore", "inherit", "inherit"] });
  const ended = once(child, "close");
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  return {
    authority: `127.0.0.1:${port}`,
    sendsTo: (...names) =>
      until(async () => (await serversInService(controlPath).catch(() => [])).join() === names.join()),
  };
}

interface ConfigValues extends HaproxyOptions {
  readonly port: number;
  readonly controlPath: string;
  readonly servers: readonly BalancedServer[];
}

/**
 * It balances as kube-proxy does: by connection, among those that are ready, and a
 * connection that its server refuses fails. haproxy by itself would try another one.
 */
function textOfConfig({ port, controlPath, servers, checkMs }: ConfigValues): string {
  return `
global
  stats socket ${controlPath} mode 600 level operator
defaults
  mode tcp
  timeout connect 5s
  timeout client 5m
  timeout server 5m
  timeout check 5s
  retries 0
listen gateways
  bind 127.0.0.1:${port}
  balance roundrobin
  option httpchk GET /readyz
  http-check expect status 200
  default-server check inter ${checkMs}ms fall 1 rise 1
${servers.map((server) => `  server ${server.name} 127.0.0.1:${server.port} port ${server.adminPort}`).join("\n")}
`;
}

/** Those whose last check went well, in the order of the configuration: until its first one, haproxy takes a server to be up. */
async function serversInService(controlPath: string): Promise<string[]> {
  const socket = connect(controlPath);
  socket.write("show stat\n");
  let text = "";
  for await (const chunk of socket.setEncoding("utf8")) {
    text += chunk;
  }
  const [head = [], ...rows] = text.split("\n").map((line) => line.split(","));
  const field = (row: readonly string[], name: string) => row[head.indexOf(name)] ?? "";
  return rows
    .filter((row) => field(row, "status").startsWith("UP") && field(row, "check_status").endsWith("L7OK"))
    .map((row) => field(row, "svname"));
}
