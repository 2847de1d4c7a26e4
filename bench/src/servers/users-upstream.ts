/**
 * Plays Verigator for any number of users of one service, as cheaply as Node can,
 * and counts by what was asked. `GET /counts` tells the counts.
 */
import { createServer, type ServerResponse } from "node:http";
import { rightPin, serviceId } from "../own-load/known-ids.ts";
import type { UpstreamCounts } from "../users-upstream.ts";
import { upstreamAnswer, upstreamHeaders } from "../verify-pin.ts";

const [port] = process.argv.slice(2);
const account = upstreamHeaders["x-service-auth"];
const users = `/v1/service/service/${serviceId}/users/`;
const counts: UpstreamCounts = { started: 0, right: 0, wrong: 0, read: 0, strangers: 0 };
const wrongAnswer =
  '{"verified":false,"method":"sms","status":{"throttled":false,"expired":false,"invalid":true,"result":"INVALID"}}';

const server = createServer((request, response) => {
  const { method = "", url = "" } = request;
  if (url === "/counts") {
    answer(response, 200, JSON.stringify(counts));
    return;
  }
  let body = "";
  request.on("data", (chunk: Buffer) => {
    body += chunk.toString("latin1");
  });
  request.on("end", () => {
    const [userId = "", action, ...more] = url.startsWith(users) ? url.slice(users.length).split("/") : [];
    const isKnown = userId !== "" && more.length === 0 && request.headers["x-service-auth"] === account;
    switch (isKnown ? `${method} ${action ?? ""}` : "") {
      case "GET ":
        counts.read += 1;
        answer(response, 200, JSON.stringify({ id: userId, ctime: "2026-01-02T03:04:05.678Z", id_in_service: "anna" }));
        break;
      case "POST auth":
        counts.started += 1;
        answer(response, 201, '{"method":"sms"}');
        break;
      case "PUT auth": {
        const isRight = (JSON.parse(body) as { token?: unknown }).token === rightPin;
        counts[isRight ? "right" : "wrong"] += 1;
        answer(response, 200, isRight ? upstreamAnswer : wrongAnswer);
        break;
      }
      default:
        counts.strangers += 1;
        answer(response, 404, "");
    }
  });
});
// Longer than a server waits for its next turn: reconnecting is not what is measured.
server.keepAliveTimeout = 10 * 60_000;
server.listen(Number(port), "127.0.0.1");

function answer(response: ServerResponse, status: number, body: string): void {
  response
    .writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body) })
    .end(body);
}
