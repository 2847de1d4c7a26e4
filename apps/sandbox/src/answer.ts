import type { ServerResponse } from "node:http";
import { Refusal } from "./refusal.ts";

/** What a handler answers; `send` writes it. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** An answer with a compact JSON body. */
export function jsonAnswer(status: number, value: unknown): Answer {
  return { status, headers: { "content-type": "application/json" }, body: Buffer.from(JSON.stringify(value)) };
}

/** An answer without a body. */
export function emptyAnswer(status: number): Answer {
  return { status, headers: {}, body: Buffer.alloc(0) };
}

/** What `handle` answers, or what `answerFromRefusal` makes of the refusal it threw. Other errors pass through. */
export async function answerOrRefusal(
  answerFromRefusal: (refusal: Refusal) => Answer,
  handle: () => Answer | Promise<Answer>,
): Promise<Answer> {
  try {
    return await handle();
  } catch (error) {
    if (error instanceof Refusal) return answerFromRefusal(error);
    throw error;
  }
}

/** Writes the whole answer. Nothing the sandbox says may be cached or taken for another type. */
export function send(response: ServerResponse, answer: Answer): void {
  writeHead(response, answer, answer.body.length);
  response.end(answer.body);
}

/** Promises the whole body, sends its first half, and closes the connection. An empty body is promised as one byte. */
export function sendHalf(response: ServerResponse, answer: Answer): void {
  writeHead(response, answer, Math.max(answer.body.length, 1));
  response.flushHeaders();
  response.write(answer.body.subarray(0, Math.floor(answer.body.length / 2)));
  response.req.socket.destroySoon();
}

function writeHead(response: ServerResponse, answer: Answer, contentLength: number): void {
  const isBodyless = answer.status === 204 || answer.status === 304;
  response.writeHead(answer.status, {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...(isBodyless ? {} : { "content-length": contentLength }),
    ...answer.headers,
  });
}
