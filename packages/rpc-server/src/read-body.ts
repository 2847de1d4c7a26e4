import type { Readable } from "node:stream";
import { Fault } from "@verigate/call";

/** Of what is too much, or for nobody, this much is read and dropped, so that the sender gets to see the refusal. */
export const discardBytesMax: number = 1024 * 1024;

/** A body that is being read. */
interface Reading {
  readonly bytesMax: number;
  bytes: number;
  /** What nearly all bodies consist of. */
  first: Buffer | undefined;
  readonly others: Buffer[];
  readonly resolve: (body: Uint8Array) => void;
  readonly reject: (fault: Fault) => void;
}

/**
 * Where the listeners below find what they read. They are the same for all
 * requests: a stream of HTTP/2 that has ended can stay in memory until the next
 * full collection, and would keep each closure that hangs from it.
 */
const reading = Symbol("verigate.reading");
type Source = Readable & { [reading]?: Reading | undefined };

/**
 * Reads the body of a request whose errors somebody else listens to: at most `bytesMax` bytes, else it is
 * `request-too-large`. A body that ends early is `cancelled`: its sender is gone.
 */
export function readBody(request: Readable, bytesMax: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const source: Source = request;
    if (source.destroyed) {
      // Its sender left before it was asked for: nothing of it will come, its end neither.
      reject(new Fault("cancelled"));
      return;
    }
    source[reading] = { bytesMax, bytes: 0, first: undefined, others: [], resolve, reject };
    // They are left where they are when all went well: taking them off takes longer than all the rest.
    // An error is followed by "close", and has a listener already.
    source.on("data", onData).on("end", onEnd).on("close", onClose);
  });
}

const noBytes = Buffer.alloc(0);

function onData(this: Source, chunk: Buffer): void {
  const { [reading]: open } = this;
  if (open === undefined) {
    return;
  }
  open.bytes += chunk.byteLength;
  if (open.bytes > open.bytesMax + discardBytesMax) {
    fail(this, open, new Fault("request-too-large"));
  } else if (open.bytes > open.bytesMax) {
    open.first = undefined;
    open.others.length = 0;
  } else if (open.first === undefined) {
    open.first = chunk;
  } else {
    open.others.push(chunk);
  }
}

function onEnd(this: Source): void {
  const { [reading]: open } = this;
  if (open === undefined) {
    return;
  }
  const { first = noBytes, others, bytes, bytesMax, resolve } = open;
  if (bytes > bytesMax) {
    fail(this, open, new Fault("request-too-large"));
    return;
  }
  this[reading] = undefined;
  resolve(others.length === 0 ? first : Buffer.concat([first, ...others]));
}

function onClose(this: Source): void {
  const { [reading]: open } = this;
  if (open !== undefined) {
    fail(this, open, new Fault("cancelled"));
  }
}

function fail(source: Source, { reject }: Reading, fault: Fault): void {
  source[reading] = undefined;
  source.off("data", onData).off("end", onEnd).pause();
  reject(fault);
}
