import { request } from "node:http";

const timeoutMs = 2_000;

/**
 * Asks the admin listener of `env` whether the gateway is ready. Returns why
 * not, or undefined where it is. Loads nothing but Node's own HTTP client.
 */
export function checkHealth(env: Readonly<Record<string, string | undefined>>): Promise<string | undefined> {
  const address = env.VERIGATE_ADMIN_LISTEN || "127.0.0.1:8081";
  const target = address.startsWith("unix:")
    ? { socketPath: address.slice("unix:".length) }
    : URL.canParse(`http://${address}`)
      ? hostAndPort(new URL(`http://${address}`))
      : undefined;
  if (target === undefined || address === "off") {
    return Promise.resolve(`VERIGATE_ADMIN_LISTEN is "${address}", so there is nobody to ask`);
  }
  return new Promise((resolve) => {
    const ask = request({ ...target, path: "/readyz", timeout: timeoutMs }, (response) => {
      response.resume();
      resolve(response.statusCode === 200 ? undefined : `not ready (${response.statusCode})`);
    });
    ask.once("timeout", () => ask.destroy(new Error("no answer in time")));
    ask.once("error", (error) => resolve(`${address} can't be asked: ${error.message}`));
    ask.end();
  });
}

/** A wildcard address is asked by way of loopback. */
function hostAndPort({ hostname, port }: URL): { host: string; port: string } {
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  return { host: host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host, port: port || "80" };
}
