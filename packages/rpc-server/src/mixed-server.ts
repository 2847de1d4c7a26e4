import {
  createServer as createHttpServer,
  type Server as HttpServer,
  type ServerOptions,
  type ServerResponse,
} from "node:http";
import { createServer as createHttp2Server, type Http2Server, type ServerHttp2Session } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import type { Socket } from "node:net";
import type { TLSSocket, TlsOptions } from "node:tls";
import type { Peer } from "@verigate/call";
import { type Ageing, type ConnectionAge, startAgeing } from "./connection-age.ts";
import type { HttpExchange } from "./http-exchange.ts";
import { Http1Exchange } from "./http1-exchange.ts";
import { Http2Exchange } from "./http2-exchange.ts";
import { isLingering } from "./linger.ts";
import { hasForeignCertificate, peerCertificateOf } from "./peer-certificate.ts";

export interface MixedServerOptions {
  /** What is known of every peer. */
  readonly peer: Peer;
  readonly onRequest: (exchange: HttpExchange, connection: Connection) => void;
  /** Told of each connection that was refused before there was a request, with Node's error code. */
  readonly onRefused: (code: string) => void;
  /**
   * With it, TLS; without it, cleartext. Where certificates are asked for but not
   * required, one that no authority of ours signed is refused all the same.
   */
  readonly tls?: ServerTls;
  readonly age: ConnectionAge;
}

/** What a request has to know of its connection. */
export interface Connection {
  readonly peer: Peer;
  /** Whether it is to end: over HTTP/1.1, the next answer has to say so. */
  readonly isEnding: boolean;
  /** Aborts when its streams have to end: they have no deadline, and it could not end before them. */
  readonly streamsEnd: AbortSignal;
}

export type ServerTls = Pick<TlsOptions, "cert" | "key" | "ca" | "requestCert" | "rejectUnauthorized">;

/** A server of HTTP/1.1 and HTTP/2 on one port. */
export interface MixedServer {
  /** What listens. Closing it stops it from taking connections. */
  readonly server: HttpServer;
  /**
   * Has every connection end when its answers in flight are out: GOAWAY for
   * HTTP/2, in two steps, by which requests on their way are refused unseen (RFC
   * 9113, 8.7), so that clients send them again elsewhere; idle connections end at once.
   */
  drain(): void;
  /**
   * From now on, connections get this certificate and these authorities; open ones
   * can't be resumed. Where the authorities are not those from before, open ones end
   * as at their age: who was let in has to show its certificate again. Throws where
   * they are unusable. Without TLS it does nothing.
   */
  setTls(tls: Pick<ServerTls, "cert" | "key" | "ca">): void;
  /** Breaks what is still open. */
  destroy(): void;
}

/** How many calls one HTTP/2 connection may have open; Node's default is four billion. */
const concurrentStreamsMax = 1_000;
/** The most bytes of a request's headers. */
export const headerBytesMax: number = 16 * 1024;
/** How long a connection may take to show what it speaks, in milliseconds. */
const helloMsMax = 10_000;
/** How long an HTTP/2 connection may be idle: longer than common load balancers' 60 s, and gRPC clients reconnect. */
const sessionIdleMsMax = 10 * 60_000;
/** Between the two steps of GOAWAY, where the client does not answer the ping; one on a busy machine takes its time. */
const goawayMsMax = 5_000;
/** How many requests one connection of HTTP/1.1 may have open: it answers them one after the other. */
const pipelinedMax = 64;
const streamIdMax = 2 ** 31 - 1;

const http1Options: ServerOptions = {
  maxHeaderSize: headerBytesMax,
  // A connection that says nothing, or half of something, is not kept.
  headersTimeout: helloMsMax,
  // A backstop: calls have their deadlines.
  requestTimeout: 75_000,
  // Longer than the 60 s after which common load balancers drop idle connections.
  keepAliveTimeout: 75_000,
  connectionsCheckingInterval: 1_000,
};

/**
 * The HTTP/1.1 server owns the listener, because its time-outs need that. Its
 * connections are looked at before it gets them: with TLS, ALPN says what a
 * client speaks; without, the first bytes do (RFC 9113, 3.4: "PRI").
 */
export function createMixedServer({ peer, onRequest, onRefused, tls, age }: MixedServerOptions): MixedServer {
  const httpsServer =
    tls === undefined
      ? undefined
      : createHttpsServer({
          ...http1Options,
          ...tls,
          handshakeTimeout: helloMsMax,
          ALPNProtocols: ["h2", "http/1.1"],
        });
  const server = httpsServer ?? createHttpServer(http1Options);
  const http2 = createHttp2Server({
    settings: { maxConcurrentStreams: concurrentStreamsMax, maxHeaderListSize: headerBytesMax },
  });
  const sessions = trackSessions(http2);
  const sockets = new Set<Socket>();
  /** Connections that have not shown what they speak, and so have sent no request. */
  const undecided = new Set<Socket>();
  const connections = new WeakMap<object, Connection>();
  const ageings = new Set<Ageing>();
  /** Of a request whose connection has gone already. */
  const noConnection: Connection = { peer, isEnding: true, streamsEnd: AbortSignal.abort() };
  let authorities = String(tls?.ca);

  /** Finds out, once, who is at the other end of a connection, and has it end at its age. */
  function begin(
    connection: Socket | ServerHttp2Session,
    socket: Socket | TLSSocket,
    ends: { readonly close: (endStreams: () => void) => void; readonly destroy?: () => void },
  ): void {
    const streams = new AbortController();
    const known = {
      peer: { ...peer, address: socket.remoteAddress, certificate: peerCertificateOf(socket) },
      isEnding: false,
      streamsEnd: streams.signal,
    };
    const ageing = startAgeing(
      {
        close() {
          known.isEnding = true;
          ends.close(() => streams.abort());
        },
        destroy: ends.destroy,
      },
      age,
    );
    connections.set(connection, known);
    ageings.add(ageing);
    connection.once("close", () => {
      ageing.stop();
      ageings.delete(ageing);
    });
  }

  server.on("request", (request, response) => {
    if (isLingering(request.socket)) {
      // It was sent behind a request that is not read, before the answer said that it is the last.
      return;
    }
    if (isWithinPipeline(request.socket, response)) {
      onRequest(new Http1Exchange(request, response, age.clock), connections.get(request.socket) ?? noConnection);
    } else {
      onRefused("ERR_HTTP_PIPELINE");
      request.socket.destroy();
    }
  });
  http2.on("session", (session: ServerHttp2Session) => {
    begin(session, session.socket, {
      close: (endStreams) => closeInTwoSteps(session, endStreams),
      destroy: () => session.destroy(),
    });
  });
  http2.on("stream", (stream, headers, _flags, rawHeaders) => {
    const { session } = stream;
    onRequest(new Http2Exchange(stream, headers, rawHeaders), (session && connections.get(session)) ?? noConnection);
  });
  http2.on("sessionError", (error: NodeJS.ErrnoException) => onRefused(error.code ?? "ERR_HTTP2_ERROR"));
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Socket) => {
    if (isLingering(socket)) {
      // Its request was answered, and what is wrong with the rest of it, or that there is none, is nothing new.
      socket.destroySoon();
      return;
    }
    onRefused(error.code ?? "ERR_HTTP");
    refuse(socket, error.code);
  });

  const connected = tls === undefined ? "connection" : "secureConnection";
  const [serveHttp1] = server.listeners(connected);
  server.removeAllListeners(connected);
  server.on(connected, (socket: Socket | TLSSocket) => {
    socket.once("close", () => undecided.delete(socket));
    const serve = (isHttp2: boolean) => {
      if (isHttp2) {
        // Or sockets whose client has gone stay in CLOSE_WAIT.
        socket.allowHalfOpen = false;
        // It reads what was put back, and from then on the handle itself.
        http2.emit("connection", socket);
      } else {
        // Nothing but its next answer ends it, or a pause that lasts: it could be closed just when a request is on its way.
        begin(socket, socket, { close: (endStreams) => endStreams() });
        serveHttp1?.call(server, socket);
        socket.resume();
      }
    };
    if (hasForeignCertificate(socket)) {
      onRefused("ERR_TLS_CERT");
      socket.destroy();
    } else if ("alpnProtocol" in socket) {
      serve(socket.alpnProtocol === "h2");
    } else {
      undecided.add(socket);
      peek(socket, (isHttp2) => {
        undecided.delete(socket);
        serve(isHttp2);
      });
    }
  });

  // Also those that never get through the handshake.
  server.prependListener("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });

  return {
    server,
    drain() {
      server.close();
      server.closeIdleConnections();
      for (const socket of undecided) {
        socket.destroy();
      }
      for (const session of sessions) {
        closeInTwoSteps(session);
      }
    },
    setTls(next) {
      httpsServer?.setSecureContext(next);
      if (String(next.ca) !== authorities) {
        authorities = String(next.ca);
        for (const ageing of ageings) {
          ageing.expire();
        }
      }
    },
    destroy() {
      for (const socket of sockets) {
        socket.destroy();
      }
    },
  };
}

/** Tells from its first bytes whether a client speaks HTTP/2, and puts them back. */
function peek(socket: Socket, serve: (isHttp2: boolean) => void): void {
  let seen: Buffer = Buffer.alloc(0);
  const timer = setTimeout(() => socket.destroy(), helloMsMax).unref();
  const onError = () => socket.destroy();
  const onData = (chunk: Buffer) => {
    seen = seen.byteLength === 0 ? chunk : Buffer.concat([seen, chunk]);
    const start = seen.subarray(0, 3).toString("latin1");
    if (start.length < 3 && "PRI".startsWith(start)) {
      return;
    }
    clearTimeout(timer);
    socket.off("data", onData).off("error", onError).off("end", onError).pause();
    socket.unshift(seen);
    serve(start === "PRI");
  };
  socket.on("data", onData).on("error", onError).on("end", onError);
  socket.once("close", () => clearTimeout(timer));
}

const pipelined = new WeakMap<Socket, number>();

/** Whether a connection of HTTP/1.1 has not more requests open than a client that pipelines has any use for. */
function isWithinPipeline(socket: Socket, response: ServerResponse): boolean {
  const open = (pipelined.get(socket) ?? 0) + 1;
  pipelined.set(socket, open);
  response.once("close", () => pipelined.set(socket, (pipelined.get(socket) ?? 1) - 1));
  return open <= pipelinedMax;
}

function trackSessions(http2: Http2Server): Set<ServerHttp2Session> {
  const sessions = new Set<ServerHttp2Session>();
  http2.on("session", (session: ServerHttp2Session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
    // The preface is there; what follows it has to be, too.
    const timer = setTimeout(() => session.destroy(), helloMsMax).unref();
    session.once("remoteSettings", () => clearTimeout(timer));
    session.once("close", () => clearTimeout(timer));
    session.setTimeout(sessionIdleMsMax, () => session.close());
  });
  return sessions;
}

/**
 * Tells a client to leave, and when it has heard, which of its requests are served
 * (RFC 9113, 6.8). Node ignores those that come after the first step, which the RFC
 * would have served; two steps it is all the same. A client that learns of both at
 * once may send what was refused again on this connection, as grpc-js does; and a
 * socket that is closed before all has come resets the connection, GOAWAY and all.
 * `onClosed` is told when no more requests are taken.
 */
function closeInTwoSteps(session: ServerHttp2Session, onClosed = () => {}): void {
  if (session.destroyed || session.closed) {
    onClosed();
    return;
  }
  const close = () => {
    clearTimeout(timer);
    if (!session.closed) {
      session.close();
    }
    onClosed();
  };
  const timer = setTimeout(close, goawayMsMax).unref();
  session.goaway(0, streamIdMax);
  session.ping(close);
}

/** Says in HTTP/1.1 why a connection ends, where it is still possible. */
function refuse(socket: Socket, code: string | undefined): void {
  if (!socket.writable || socket.destroyed) {
    socket.destroy();
    return;
  }
  const status = {
    HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
    ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
  }[code ?? ""];
  socket.end(`HTTP/1.1 ${status ?? "400 Bad Request"}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
