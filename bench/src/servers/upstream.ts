/**
 * Plays Verigator for one call, as cheaply as Node can, and counts. A request
 * counts as matched only where method, path, account and PIN are those of the
 * sample call; `GET /counts` tells the counts and is not counted itself.
 */
import { createServer } from "node:http";
import { sampleRequest, upstreamAnswer, upstreamHeaders, upstreamPath } from "../verify-pin.ts";

const [port] = process.argv.slice(2);
const answer = Buffer.from(upstreamAnswer);
const answerHeaders = { "content-type": "application/json", "content-length": String(answer.byteLength) };
const path = upstreamPath(sampleRequest);
const account = upstreamHeaders["x-service-auth"];
const counts = { matched: 0, strangers: 0 };

const server = createServer((request, response) => {
  if (request.method === "GET" && request.url === "/counts") {
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(counts));
    return;
  }
  let body = "";
  request.on("data", (chunk: Buffer) => {
    body += chunk.toString("latin1");
  });
  request.on("end", () => {
    const isMatch =
      request.method === "PUT" &&
      request.url === path &&
      request.headers["x-service-auth"] === account &&
      tokenIn(body) === sampleRequest.pin;
    if (isMatch) {
      counts.matched += 1;
      response.writeHead(200, answerHeaders).end(answer);
    } else {
      counts.strangers += 1;
      response.writeHead(404).end();
    }
  });
});
// Longer than a server waits for its next turn: reconnecting is not what is measured.
server.keepAliveTimeout = 10 * 60_000;
server.listen(Number(port), "127.0.0.1");

function tokenIn(body: string): unknown {
  try {
    return (JSON.parse(body) as { token?: unknown }).token;
  } catch {
    return undefined;
  }
}
