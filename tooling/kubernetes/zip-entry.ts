import { readFileSync } from "node:fs";
import { inflateRawSync } from "node:zlib";

/** Signatures and sizes of APPNOTE.TXT, sections 4.3.7, 4.3.12 and 4.3.16. */
const endOfDirectory = { signature: 0x06054b50, bytes: 22 };
const directoryEntry = { signature: 0x02014b50, bytes: 46 };
const localHeaderBytes = 30;
const deflated = 8;

/**
 * The content of one file in a zip archive that was compressed by deflate. Throws an
 * Error where there is no such file or it is written in another way; archives with
 * comments, of 4 GiB or in parts are not read.
 */
export function zipEntry(path: string, name: string): Buffer {
  const archive = readFileSync(path);
  const end = archive.byteLength - endOfDirectory.bytes;
  if (end < 0 || archive.readUInt32LE(end) !== endOfDirectory.signature) {
    throw new Error(`${path}: is no zip archive`);
  }
  let at = archive.readUInt32LE(end + 16);
  while (at < end && archive.readUInt32LE(at) === directoryEntry.signature) {
    const nameBytes = archive.readUInt16LE(at + 28);
    const nameStart = at + directoryEntry.bytes;
    if (archive.toString("utf8", nameStart, nameStart + nameBytes) === name) {
      return contentOf(archive, at, path);
    }
    at = nameStart + nameBytes + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  throw new Error(`${path}: has no ${name}`);
}

function contentOf(archive: Buffer, entry: number, path: string): Buffer {
  if (archive.readUInt16LE(entry + 10) !== deflated) {
    throw new Error(`${path}: is not compressed by deflate`);
  }
  const bytes = archive.readUInt32LE(entry + 20);
  const header = archive.readUInt32LE(entry + 42);
  const start = header + localHeaderBytes + archive.readUInt16LE(header + 26) + archive.readUInt16LE(header + 28);
  return inflateRawSync(archive.subarray(start, start + bytes));
}
