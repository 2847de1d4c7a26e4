import { createServer, type IncomingMessage, type Server } from "node:http";
import type { VerigateClient } from "@verigate/client";
import type { Answer } from "./answer.ts";
import { createPendingLogins } from "./pending-logins.ts";
import { startLogin } from "./start-login.ts";
import { verifyLogin } from "./verify-login.ts";

export interface LoginServerOptions {
  /** Stays the caller's, who closes it. */
  readonly verigate: VerigateClient;
  /** The service whose users log in. */
  readonly serviceId: string;
}

const bodyBytesMax = 4_096;

/**
 * Logs users in over HTTP: `POST /login {"username"}` answers with a `loginId`,
 * `POST /login/verify {"loginId","pin"}` with `verified`.
 *
 * A browser that leaves does not cancel its call, whose outcome would be unknown then.
 */
export function createLoginServer({ verigate, serviceId }: LoginServerOptions): Server {
  const logins = createPendingLogins();

  async function answer(request: IncomingMessage): Promise<Answer> {
    if (request.method !== "POST") return { status: 405, body: { message: "POST only." } };
    const input = await readJson(request);
    if (input === undefined) return { status: 400, body: { message: "Invalid input." } };
    const { username, loginId, pin } = input;
    switch (request.url) {
      case "/login":
        if (typeof username !== "string") return { status: 400, body: { message: "username is missing." } };
        return startLogin(verigate, serviceId, logins, username);
      case "/login/verify":
        if (typeof loginId !== "string" || typeof pin !== "string") {
          return { status: 400, body: { message: "loginId or pin is missing." } };
        }
        return verifyLogin(verigate, serviceId, logins, loginId, pin);
      default:
        return { status: 404, body: { message: "Not found." } };
    }
  }

  return createServer((request, response) => {
    answer(request).then(
      ({ status, body, retryAfterMs }) => {
        if (retryAfterMs !== undefined) response.setHeader("Retry-After", Math.ceil(retryAfterMs / 1_000));
        response.writeHead(status, { "Content-Type": "application/json", "Cache-Control": "no-store" });
        response.end(JSON.stringify(body));
      },
      () => response.destroy(),
    );
  });
}

async function readJson(request: IncomingMessage): Promise<Record<string, unknown> | undefined> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) {
    text += chunk;
    if (text.length > bodyBytesMax) return undefined;
  }
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
