import { type Agent, request as httpRequest, type OutgoingHttpHeaders } from "node:http";
import { request as httpsRequest } from "node:https";
import type { SecureContextOptions } from "node:tls";

/** Where to, and how. */
export interface JsonCall {
  readonly port: number;
  readonly host?: string;
  /** A Unix socket instead. */
  readonly socketPath?: string;
  readonly tls?: Pick<SecureContextOptions, "ca" | "cert" | "key">;
  readonly headers?: OutgoingHttpHeaders;
  /** Keeps connections. Without it, the call has one of its own. */
  readonly agent?: Agent;
  /** Default: `verigate.v1.ServiceAPI/GetService`. */
  readonly method?: string;
  /** Default: that of a service `s1`. */
  readonly body?: unknown;
}

export interface JsonAnswer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  /** Of the ErrorInfo, where there is one. */
  readonly reason: string | undefined;
  readonly message: string;
  readonly body: Record<string, unknown>;
}

/** One call in Connect's JSON over HTTP/1.1. */
export function jsonCall(call: JsonCall): Promise<JsonAnswer> {
  const {
    port,
    host = "127.0.0.1",
    socketPath,
    tls,
    headers,
    method,
    agent = false,
    body = { serviceId: "s1" },
  } = call;
  const options = {
    ...(socketPath === undefined ? { port, host: tls === undefined ? host : "localhost" } : { socketPath }),
    agent,
    method: "POST",
    path: `/${method ?? "verigate.v1.ServiceAPI/GetService"}`,
    headers: { "content-type": "application/json", ...headers },
  };
  const ask = tls === undefined ? httpRequest(options) : httpsRequest({ ...options, ...tls });
  return new Promise((resolve, reject) => {
    ask.once("error", reject);
    ask.once("response", (response) => {
      let text = "";
      response.once("error", reject);
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.once("end", () => {
        const answer = text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          reason: reasonOf(answer),
          message: String(answer.message ?? ""),
          body: answer,
        });
      });
    });
    ask.end(JSON.stringify(body));
  });
}

function reasonOf({ details }: Record<string, unknown>): string | undefined {
  const [info] = Array.isArray(details) ? details : [];
  return (info as { debug?: { reason?: string } } | undefined)?.debug?.reason;
}
