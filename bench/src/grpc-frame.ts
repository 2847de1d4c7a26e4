/** A gRPC message is preceded by a flag (0: not compressed) and its length as four bytes, big-endian. */
export const frameHeaderBytes = 5;

/** Puts a message into a frame, uncompressed (gRPC over HTTP/2, "Length-Prefixed-Message"). */
export function frame(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(frameHeaderBytes + message.byteLength);
  framed.writeUInt8(0, 0);
  framed.writeUInt32BE(message.byteLength, 1);
  framed.set(message, frameHeaderBytes);
  return framed;
}

/**
 * Takes the one message out of a body. Throws where the body is anything but one
 * whole, uncompressed frame.
 */
export function unframe(body: Uint8Array): Uint8Array {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  if (body.byteLength < frameHeaderBytes || view.getUint8(0) !== 0) {
    throw new Error("not an uncompressed gRPC frame");
  }
  if (view.getUint32(1) !== body.byteLength - frameHeaderBytes) {
    throw new Error("not exactly one gRPC frame");
  }
  return body.subarray(frameHeaderBytes);
}
