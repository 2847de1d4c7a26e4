import { connect } from "node:http2";
import { frame, unframe } from "../grpc-frame.ts";
import type { Answer, Caller } from "./caller.ts";

const headers = { ":method": "POST", te: "trailers", "content-type": "application/grpc" };
const nothing = new Uint8Array();

/** gRPC over so many connections in turn, in clear text. */
export function createGrpcCaller(port: number, connections = 8): Caller {
  const sessions = Array.from({ length: connections }, () => connect(`http://127.0.0.1:${port}`));
  for (const session of sessions) {
    // Its calls tell it, too.
    session.on("error", () => {});
  }
  let next = 0;
  return {
    call(path, body) {
      const session = sessions[next++ % connections];
      return new Promise<Answer>((resolve, reject) => {
        if (session === undefined) {
          throw new RangeError("no connections");
        }
        const stream = session.request({ ...headers, ":path": path });
        const chunks: Buffer[] = [];
        let code = "none";
        stream.on("response", ({ "grpc-status": status }) => {
          code = String(status ?? code);
        });
        stream.on("trailers", ({ "grpc-status": status }) => {
          code = String(status ?? code);
        });
        stream.on("data", (chunk: Buffer) => chunks.push(chunk));
        stream.on("error", reject);
        stream.on("close", () => {
          const bytes = Buffer.concat(chunks);
          try {
            resolve({ code, body: bytes.byteLength === 0 ? nothing : unframe(bytes) });
          } catch (error) {
            reject(error);
          }
        });
        stream.end(frame(body));
      });
    },
    close() {
      for (const session of sessions) {
        session.close();
      }
    },
  };
}
