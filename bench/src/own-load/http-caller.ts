import { Pool } from "undici";
import { upstreamHeaders } from "../verify-pin.ts";
import { type Caller, okCode } from "./caller.ts";

interface HttpOptions {
  readonly method: "POST" | "PUT";
  readonly headers: Readonly<Record<string, string>>;
}

const connections = 32;

/** Connect JSON over HTTP/1.1. */
export function createJsonCaller(port: number): Caller {
  return createHttpCaller(`http://127.0.0.1:${port}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
  });
}

/** The upstream itself, called as a server calls it. */
export function createUpstreamCaller(port: number): Caller {
  return createHttpCaller(`http://127.0.0.1:${port}`, { method: "PUT", headers: upstreamHeaders });
}

function createHttpCaller(origin: string, { method, headers }: HttpOptions): Caller {
  const pool = new Pool(origin, { connections });
  return {
    async call(path, body) {
      const { statusCode, body: answer } = await pool.request({ path, method, headers, body });
      const bytes = await answer.bytes();
      return { code: statusCode === 200 ? okCode : String(statusCode), body: bytes };
    },
    close() {
      void pool.close();
    },
  };
}
