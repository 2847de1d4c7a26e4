import type { IncomingMessage } from "node:http";
import { Refusal } from "./refusal.ts";

/** No documented body comes near. */
const bodyBytesMax: number = 64 * 1024;

/**
 * Reads a request's body. One over `bodyBytesMax` is read to its end without being
 * kept, so that the sender gets to see the 413. Throws what the stream throws when
 * the sender leaves; the server's request time-out ends a body that never does.
 */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= bodyBytesMax) chunks.push(chunk);
    else chunks.length = 0;
  }
  if (bytes > bodyBytesMax) throw new Refusal(413, `the body may have at most ${bodyBytesMax} bytes`);
  return Buffer.concat(chunks);
}
