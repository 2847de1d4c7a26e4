import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { type Attempt, createProgress, isFault, systemClock } from "@verigate/call";
import { afterEach, expect, it } from "vitest";
import { createUndiciExchange, type UndiciExchange } from "./undici-exchange.ts";

const open: { close(): unknown }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

/** An upstream that does with each request, read whole, what the test says. */
async function upstreamThat(act: (socket: Socket, request: string) => void): Promise<{ url: URL; requests: string[] }> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    let text = "";
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      text += chunk.toString();
      const [, head, body] = /^([\s\S]*?)\r\n\r\n([\s\S]*)$/.exec(text) ?? [];
      const length = Number(/content-length: (\d+)/i.exec(head ?? "")?.[1] ?? 0);
      if (head !== undefined && body !== undefined && body.length >= length) {
        const request = text;
        text = "";
        requests.push(request);
        act(socket, request);
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  open.push({
    close() {
      for (const socket of sockets) {
        socket.destroy();
      }
      server.close();
    },
  });
  return { url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`), requests };
}

function exchangeWith(origin: URL, connections = 4): UndiciExchange {
  const exchange = createUndiciExchange({ clock: systemClock, origin, connections, connectTimeoutMs: 3_000 });
  open.push(exchange);
  return exchange;
}

function attemptOf(given: Partial<Attempt> = {}): Attempt {
  return {
    operation: "VerifyPin",
    operationClass: "authentication",
    retry: "unsent-only",
    method: "PUT",
    path: "/v1/x",
    pathTemplate: "/v1/x",
    headers: { accept: "application/json", "content-type": "application/json" },
    body: '{"token":"0451"}',
    answerBytesMax: 1_000,
    progress: createProgress(),
    ...given,
  };
}

async function kindOf(answer: Promise<unknown>): Promise<string> {
  try {
    await answer;
    return "answered";
  } catch (error) {
    return isFault(error) ? error.kind : String(error);
  }
}

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

it("an answer comes back whole, whatever its status, and a redirect is not followed", async () => {
  const { url, requests } = await upstreamThat((socket) => {
    socket.write("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nX-Some: thing\r\nContent-Length: 4\r\n\r\nbody");
  });

  const answer = await exchangeWith(new URL("/base/", url)).exchange(attemptOf());

  expect(answer.status).toBe(302);
  expect(answer.headers["x-some"]).toBe("thing");
  expect(answer.body.toString()).toBe("body");
  expect(requests).toHaveLength(1);
  expect(requests[0]).toMatch(/^PUT \/base\/v1\/x HTTP\/1\.1\r\n/);
  expect(requests[0]).toMatch(/\r\n\r\n\{"token":"0451"\}$/);
});

it("an informational answer is passed over", async () => {
  const { url } = await upstreamThat((socket) => socket.write(`HTTP/1.1 103 Early Hints\r\nX-A: b\r\n\r\n${ok}`));

  expect((await exchangeWith(url).exchange(attemptOf())).status).toBe(200);
});

it.each([
  ["a reset after the request was read", (socket: Socket) => socket.resetAndDestroy()],
  ["an end without an answer", (socket: Socket) => socket.end()],
  ["a cut answer", (socket: Socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")],
  ["a cut header", (socket: Socket) => socket.end("HTTP/1.1 200 OK\r\nContent-")],
  ["no HTTP at all", (socket: Socket) => socket.end("220 mail.example ESMTP\r\n")],
])("%s leaves the outcome open: unknown where a repeat is not safe, failed where it is; sent once", async (_, act) => {
  const { url, requests } = await upstreamThat(act);
  const { exchange } = exchangeWith(url);
  const progress = createProgress();

  expect(await kindOf(exchange(attemptOf({ progress })))).toBe("outcome-unknown");
  expect(progress).toMatchObject({ attempts: 1, isOutcomeOpen: true });
  expect(requests).toHaveLength(1);

  const safe = createProgress();
  expect(await kindOf(exchange(attemptOf({ retry: "safe", method: "GET", body: undefined, progress: safe })))).toBe(
    "upstream-failed",
  );
  expect(safe).toMatchObject({ attempts: 1, isOutcomeOpen: false });
  expect(requests).toHaveLength(2);
});

it("a refused connection means that nothing was sent", async () => {
  const { url } = await upstreamThat(() => {});
  const { exchange } = exchangeWith(url);
  for (const each of open.splice(0, 1)) {
    await each.close();
  }
  const progress = createProgress();

  expect(await kindOf(exchange(attemptOf({ progress })))).toBe("upstream-unreachable");
  expect(progress).toMatchObject({ attempts: 0, isOutcomeOpen: false });
});

it("an answer over the cap is a bad response, whether it says its size or not, and the connection ends", async () => {
  const { url } = await upstreamThat((socket, request) => {
    const size = request.includes("/says") ? "Content-Length: 50000000" : "Transfer-Encoding: chunked";
    socket.write(`HTTP/1.1 200 OK\r\n${size}\r\n\r\n`);
    socket.write(request.includes("/says") ? "x" : `${(2_000).toString(16)}\r\n${"x".repeat(2_000)}\r\n`);
  });
  const { exchange } = exchangeWith(url);

  expect(await kindOf(exchange(attemptOf({ path: "/says" })))).toBe("upstream-bad-response");
  expect(await kindOf(exchange(attemptOf({ path: "/streams" })))).toBe("upstream-bad-response");
});

it("a body that comes in single bytes is put together", async () => {
  const { url } = await upstreamThat((socket) => {
    socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    socket.end(`${Array.from({ length: 10_000 }, (_, index) => `1\r\n${index % 10}\r\n`).join("")}0\r\n\r\n`);
  });

  const { body } = await exchangeWith(url).exchange(attemptOf({ answerBytesMax: 10_000 }));
  expect(body.toString()).toBe("0123456789".repeat(1_000));
});

it("an attempt that is given up while it waits for a connection is never sent", async () => {
  let release = () => {};
  const { url, requests } = await upstreamThat((socket) => {
    release = () => socket.write(ok);
  });
  const { exchange } = exchangeWith(url, 1);
  const giveUp = new AbortController();
  const departed = createProgress();
  const first = exchange(attemptOf());
  const timedOut = kindOf(exchange(attemptOf({ path: "/timed-out", signal: giveUp.signal })));
  const abandoned = kindOf(exchange(attemptOf({ path: "/abandoned", progress: departed })));
  const last = exchange(attemptOf({ path: "/last" }));

  giveUp.abort();
  departed.isAbandoned = true;
  expect(await timedOut).toBe("upstream-unreachable");
  await expect.poll(() => requests.length).toBe(1);
  release();
  await first;
  expect(await abandoned).toBe("cancelled");
  await expect.poll(() => requests.length).toBe(2);
  release();
  await last;
  expect(requests.map((request) => request.split(" ")[1])).toEqual(["/v1/x", "/last"]);
});

it("an attempt that gets its connection when the deadline is near is never sent", async () => {
  let release = () => {};
  const { url, requests } = await upstreamThat((socket) => {
    release = () => socket.write(ok);
  });
  const { exchange } = exchangeWith(url, 1);
  const first = exchange(attemptOf());
  const late = createProgress();
  const second = kindOf(exchange(attemptOf({ progress: late })));
  await expect.poll(() => requests.length).toBe(1);
  late.deadlineAtMs = systemClock.nowMs() + 19;
  release();
  await first;

  expect(await second).toBe("deadline-exceeded");
  expect(requests).toHaveLength(1);
});

it("an attempt that is given up after it was sent has an unknown outcome", async () => {
  const giveUp = new AbortController();
  const { url } = await upstreamThat(() => giveUp.abort());

  expect(await kindOf(exchangeWith(url).exchange(attemptOf({ signal: giveUp.signal })))).toBe("outcome-unknown");
});

it("every connection can be used at once, and again after whatever became of the requests before", async () => {
  const sockets: Socket[] = [];
  const { url, requests } = await upstreamThat((socket) => sockets.push(socket));
  const { exchange } = exchangeWith(url, 40);
  const timeOuts = Array.from({ length: 40 }, () => new AbortController());
  const first = timeOuts.map(({ signal }) => kindOf(exchange(attemptOf({ signal }))));
  await expect.poll(() => requests.length).toBe(40);
  for (const [index, socket] of sockets.splice(0).entries()) {
    if (index % 3 === 0) {
      socket.write(ok);
    } else if (index % 3 === 1) {
      socket.resetAndDestroy();
    }
  }
  for (const timeOut of timeOuts) {
    timeOut.abort();
  }
  await Promise.all(first);

  const second = timeOuts.map(() => exchange(attemptOf()));
  await expect.poll(() => requests.length).toBe(80);
  expect(new Set(sockets).size).toBe(40);
  for (const socket of sockets) {
    socket.write(ok);
  }
  await Promise.all(second);
});
