/**
 * The upstream of the chaos run, a process of its own: an API that answers
 * rightly until it is told to do its worst. Its parent sends modes as messages
 * and gets "ready" and "set" back.
 *
 * Arguments: host, port, path of the journal; for TLS four more: certificate and
 * key, and another certificate and key that nobody trusts.
 */
import { openSync, readFileSync } from "node:fs";
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttpsServer, type Server as HttpsServer } from "node:https";
import { createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { JournalWriter, readJournal } from "./journal.ts";
import type { UpstreamMode } from "./upstream-mode.ts";
import { requestFromPath } from "./upstream-requests.ts";
import { type UpstreamAnswer, UpstreamState } from "./upstream-state.ts";

const [host = "", port = "", journalPath = "", ...tls] = process.argv.slice(2);
const journal = new JournalWriter(openSync(journalPath, "a"));
const state = new UpstreamState(readJournal(journalPath), journal);
const sockets = new Set<Socket>();
let mode: UpstreamMode = { kind: "healthy" };

const keepAliveTimeout = 30_000;
const https = tls.length === 4 ? createHttpsServer({ keepAliveTimeout, ...pair(0) }, onRequest) : undefined;
const http = https ?? createHttpServer({ keepAliveTimeout }, onRequest);

createServer({ noDelay: true }, accept).listen({ host, port: Number(port), backlog: 1_024 }, () =>
  process.send?.("ready"),
);
process.on("message", (next: UpstreamMode) => {
  enter(next);
  process.send?.("set");
});
process.on("disconnect", () => process.exit());

function accept(socket: Socket): void {
  sockets.add(socket);
  socket.on("error", () => {}).on("close", () => sockets.delete(socket));
  switch (mode.kind) {
    case "reset-before":
      // Sometimes at once, sometimes when the request has arrived; it is not looked at.
      setTimeout(() => socket.resetAndDestroy(), Math.random() * 20);
      break;
    case "garbage":
      socket.end("SSH-2.0-this is not TLS\r\n");
      break;
    case "few-connections":
      if (sockets.size > mode.connectionsMax) {
        socket.destroy();
        break;
      }
      http.emit("connection", socket);
      break;
    default:
      http.emit("connection", socket);
  }
}

function enter(next: UpstreamMode): void {
  mode = next;
  const open = [...sockets];
  if (next.kind === "reset-before" || next.kind === "garbage" || next.kind === "wrong-certificate") {
    open.forEach((socket) => void socket.resetAndDestroy());
  } else if (next.kind === "few-connections") {
    open.slice(next.connectionsMax).forEach((socket) => void socket.destroy());
  }
  if (https !== undefined) {
    (https as HttpsServer).setSecureContext(pair(next.kind === "wrong-certificate" ? 2 : 0));
  }
}

function pair(first: number) {
  return { cert: readFileSync(tls[first] ?? ""), key: readFileSync(tls[first + 1] ?? "") };
}

function onRequest(request: IncomingMessage, response: ServerResponse): void {
  serve(request, response).catch(() => response.destroy());
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const intent = requestFromPath(request.method ?? "", request.url ?? "");
  // What it does to a request is settled when it begins.
  const now = mode;
  if (intent === undefined) {
    response.writeHead(400).end();
    return;
  }
  if (now.kind === "too-many") {
    response.writeHead(429, now.retryAfter === undefined ? {} : { "retry-after": String(now.retryAfter) }).end();
    return;
  }
  journal.started(intent.operation, intent.key);
  const body = await textOf(request);
  const answer = state.carryOut(intent, body);
  await sleep(5 + Math.random() * 25);
  const bytes = Buffer.from(JSON.stringify(answer.json));
  const head = { "content-type": "application/json", "content-length": bytes.byteLength };
  switch (now.kind) {
    case "reset-after":
      if (Math.random() * 100 < now.percent) {
        request.socket.resetAndDestroy();
        return;
      }
      break;
    case "cut":
      response.writeHead(answer.status, head);
      response.write(bytes.subarray(0, bytes.byteLength / 2), () => response.destroy());
      return;
    case "slow":
      noteVerdict(intent.key, answer);
      await drip(response.writeHead(answer.status, head), bytes, now.everyMs);
      return;
    case "status":
      response.writeHead(now.status, { "content-type": "text/plain" }).end("no");
      return;
    case "nonsense":
      sendNonsense(response, answer);
      return;
    case "hang":
      if (now.operations.includes(intent.operation)) {
        return;
      }
      break;
  }
  noteVerdict(intent.key, answer);
  response.writeHead(answer.status, head).end(bytes);
}

function noteVerdict(key: string, { verified }: UpstreamAnswer): void {
  if (verified !== undefined) {
    journal.said(key, verified);
  }
}

async function drip(response: ServerResponse, bytes: Buffer, everyMs: number): Promise<void> {
  for (let sent = 0; sent < bytes.byteLength && !response.destroyed; sent += 1) {
    response.write(bytes.subarray(sent, sent + 1));
    await sleep(everyMs);
  }
  response.end();
}

/** Where it says something of a PIN, it is a yes that must not be taken for one. */
function sendNonsense(response: ServerResponse, { status, json }: UpstreamAnswer): void {
  const bodies = [
    "<html>Welcome!</html>",
    JSON.stringify({ ...(json as object), verified: "true", id: 7, method: true, users: {} }),
    JSON.stringify({ verified: true, method: "sms", status: { invalid: true } }),
    "",
  ];
  response.writeHead(status === 202 ? 302 : status, { location: "http://127.0.0.1:1/" });
  response.end(bodies[Math.floor(Math.random() * bodies.length)]);
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) {
    text += chunk;
  }
  return text;
}
