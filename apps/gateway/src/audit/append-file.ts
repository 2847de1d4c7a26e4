import { type FileHandle, open, stat } from "node:fs/promises";

/** Appends to a file that others may rename or remove at any time, as log rotation does. */
export interface AppendFile {
  /** Fails where not all could be written; the next call then starts on a new line. */
  append(text: string): Promise<void>;
  close(): Promise<void>;
}

/** Only its owner may read who was refused what. */
const mode = 0o600;

/**
 * Opens `path` when there is something to write, and again when the path leads to
 * another file than before. The file is made where there is none.
 */
export function createAppendFile(path: string): AppendFile {
  let file: FileHandle | undefined;
  let isLineTorn = false;

  async function current(): Promise<FileHandle> {
    if (file !== undefined && !(await isStillAt(file, path))) {
      await file.close();
      file = undefined;
      isLineTorn = false;
    }
    file ??= await open(path, "a", mode);
    return file;
  }

  return {
    async append(text) {
      const target = await current();
      const bytes = Buffer.from(isLineTorn ? `\n${text}` : text);
      for (let written = 0; written < bytes.length; ) {
        const { bytesWritten } = await target.write(bytes, written);
        isLineTorn = true;
        written += bytesWritten;
      }
      isLineTorn = false;
    },
    async close() {
      await file?.close();
      file = undefined;
    },
  };
}

async function isStillAt(file: FileHandle, path: string): Promise<boolean> {
  try {
    const [there, here] = await Promise.all([stat(path), file.stat()]);
    return there.ino === here.ino && there.dev === here.dev;
  } catch {
    return false;
  }
}
