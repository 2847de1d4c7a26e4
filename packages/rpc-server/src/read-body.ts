import type { Readable } from "node:stream";
import { Fault } from "@verigate/call";

/** Of what is too much, or for nobody, this much is read and dropped, so that the sender gets to see the refusal. */
export const discardBytesMax: number = 1024 * 1024;

/**
 * Reads the body of a request whose errors somebody else listens to: at most `bytesMax` bytes, else it is
 * `request-too-large`. A body that ends early is `cancelled`: its sender is gone.
 */
export function readBody(request: Readable, bytesMax: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let isDone = false;
    // An error is followed by it, and has a listener already.
    const onClose = () => {
      if (!isDone) {
        fail(new Fault("cancelled"));
      }
    };
    const fail = (fault: Fault) => {
      isDone = true;
      request.off("data", onData).off("end", onEnd).pause();
      reject(fault);
    };
    const onData = (chunk: Buffer) => {
      bytes += chunk.byteLength;
      if (bytes <= bytesMax) {
        chunks.push(chunk);
      } else if (bytes > bytesMax + discardBytesMax) {
        fail(new Fault("request-too-large"));
      } else {
        chunks.length = 0;
      }
    };
    const onEnd = () => {
      if (bytes > bytesMax) {
        fail(new Fault("request-too-large"));
      } else {
        isDone = true;
        const [first] = chunks;
        resolve(chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks));
      }
    };
    // They are left where they are when all went well: taking them off takes longer than all the rest.
    request.on("data", onData).on("end", onEnd).on("close", onClose);
  });
}
