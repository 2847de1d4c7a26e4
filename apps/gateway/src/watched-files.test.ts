import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTestClock, type TestClock } from "@verigate/call/testing";
import { afterEach, beforeEach, expect, it, onTestFinished } from "vitest";
import { createWatchedFiles, type WatchedFilesOptions } from "./watched-files.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "watched-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const pathOf = (name: string) => join(folder, name);
const write = (name: string, text: string) => writeFileSync(pathOf(name), text);

/** Fulfils when the look that the advance began has ended, by setting the next timer. */
async function look(clock: TestClock, times = 1): Promise<void> {
  for (let each = 0; each < times; each += 1) {
    clock.advance(1_000);
    while (clock.pendingTimers() === 0) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

/** Watches files; a text that starts with "bad" is not right. */
function watch(names: readonly string[], more: Partial<WatchedFilesOptions<string>> = {}) {
  const clock = createTestClock();
  const reloads: string[] = [];
  const files = createWatchedFiles({
    clock,
    paths: names.map(pathOf),
    parse(contents) {
      const text = contents.join("+");
      if (/bad/.test(text)) {
        throw new Error(text);
      }
      return text;
    },
    onReload: (error) => reloads.push(error === undefined ? "loaded" : "failed"),
    ...more,
  });
  onTestFinished(() => files.close());
  return { clock, files, reloads };
}

it("a file that is rewritten or replaced counts as it is then", async () => {
  write("a", "one");
  const { clock, files, reloads } = watch(["a"]);
  expect(files.current).toBe("one");

  write("a", "two");
  await look(clock, 2);
  expect(files.current).toBe("two");
  write("b", "six");
  renameSync(pathOf("b"), pathOf("a"));
  await look(clock, 2);
  expect(files.current).toBe("six");
  expect(reloads).toEqual(["loaded", "loaded"]);
});

it("a folder that is swapped by a symbolic link, as Kubernetes does, is followed", async () => {
  for (const version of ["1", "2"]) {
    mkdirSync(pathOf(version));
    write(`${version}/cert`, `cert ${version}`);
    write(`${version}/key`, `key ${version}`);
  }
  symlinkSync("1", pathOf("..data"));
  symlinkSync("..data/cert", pathOf("cert"));
  symlinkSync("..data/key", pathOf("key"));
  const { clock, files } = watch(["cert", "key"]);
  expect(files.current).toBe("cert 1+key 1");

  symlinkSync("2", pathOf("..data_tmp"));
  renameSync(pathOf("..data_tmp"), pathOf("..data"));
  rmSync(pathOf("1"), { recursive: true });
  await look(clock, 2);
  expect(files.current).toBe("cert 2+key 2");
});

it("a file is not read while it changes from look to look", async () => {
  write("a", "one");
  const { clock, files, reloads } = watch(["a"]);
  await look(clock, 2);
  for (const text of ["", "b", "ba", "bad", "bad "]) {
    write("a", text);
    await look(clock);
  }
  write("a", "two");
  await look(clock);
  expect([files.current, reloads]).toEqual(["one", []]);
  await look(clock);
  expect([files.current, reloads]).toEqual(["two", ["loaded"]]);
});

it("what is not right is told once, and the last right one stays until there is another", async () => {
  write("a", "one");
  const { clock, files, reloads } = watch(["a"]);
  write("a", "bad");
  await look(clock, 5);
  expect([files.current, reloads]).toEqual(["one", ["failed"]]);
  rmSync(pathOf("a"));
  await look(clock, 5);
  expect([files.current, reloads]).toEqual(["one", ["failed", "failed"]]);
  write("a", "two");
  await look(clock, 5);
  expect([files.current, reloads]).toEqual(["two", ["failed", "failed", "loaded"]]);
});

it("what the files hold is in force but while it is not right, also when it is what it was before again", async () => {
  write("a", "one");
  const { clock, files } = watch(["a"]);
  const seen = [files.isInForce];
  for (const text of ["bad", "one", "worse and bad", "two"]) {
    write("a", text);
    await look(clock, 3);
    seen.push(files.isInForce);
  }
  expect(seen).toEqual([true, false, true, false, true]);
});

it("a file that is written anew with the same contents is no change", async () => {
  write("a", "one");
  const { clock, reloads } = watch(["a"]);
  write("b", "one");
  renameSync(pathOf("b"), pathOf("a"));
  await look(clock, 3);
  expect(reloads).toEqual([]);
});

it("a file that changed since the settings were read is read again at the first looks", async () => {
  write("a", "one");
  const { clock, files } = watch(["a"]);
  // Before the first look: what it saw then is no measure.
  write("a", "two");
  await look(clock, 2);
  expect(files.current).toBe("two");
});

it("a value whose user throws is not in force", async () => {
  write("a", "one");
  const { clock, files, reloads } = watch(["a"], {
    onChange() {
      throw new Error("unusable");
    },
  });
  write("a", "two");
  await look(clock, 3);
  expect([files.current, reloads]).toEqual(["one", ["failed"]]);
});

it("a change may be read aside, and is in force when that has ended", async () => {
  write("a", "one");
  const { clock, files } = watch(["a"], { parseAside: async (contents) => `aside ${contents.join("+")}` });
  expect(files.current).toBe("one");
  write("a", "two");
  await look(clock, 2);
  expect(files.current).toBe("aside two");
});

it("a file that has grown beyond 1 MiB is not read", async () => {
  write("a", "one");
  const { clock, files, reloads } = watch(["a"]);
  truncateSync(pathOf("a"), 1024 * 1024 + 1);
  await look(clock, 3);
  expect([files.current, reloads]).toEqual(["one", ["failed"]]);
});

it("what can't be read for a moment is told once, and read as soon as it can be, though nothing shows that", () => {
  write("a", "one");
  // In a process of its own, because file descriptors have to run out.
  const program = `
    import { closeSync, openSync, writeFileSync } from "node:fs";
    import { createTestClock } from "@verigate/call/testing";
    import { createWatchedFiles } from ${JSON.stringify(new URL("./watched-files.ts", import.meta.url).href)};
    const path = ${JSON.stringify(pathOf("a"))};
    const clock = createTestClock();
    const seen = [];
    const onReload = (error) => seen.push(error === undefined ? "loaded" : error.code);
    const files = createWatchedFiles({ clock, paths: [path], parse: String, onReload });
    async function look(times) {
      for (let each = 0; each < times; each += 1) {
        clock.advance(1_000);
        while (clock.pendingTimers() === 0) {
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
      seen.push(files.current);
    }
    writeFileSync(path, "two");
    const taken = [];
    try {
      for (;;) {
        taken.push(openSync("/dev/null"));
      }
    } catch {}
    await look(5);
    taken.forEach((descriptor) => closeSync(descriptor));
    await look(1);
    process.stdout.write(JSON.stringify(seen));
  `;
  const args = ["--conditions=@verigate/source", "--input-type=module", "--eval", program];
  const seen = execFileSync("sh", ["-c", 'ulimit -n 100; exec "$@"', "sh", process.execPath, ...args], {
    cwd: new URL(".", import.meta.url),
    encoding: "utf8",
  });

  expect(JSON.parse(seen)).toEqual(["EMFILE", "one", "loaded", "two"]);
});

it("files that are not right to begin with are an error, and nothing is looked at after the end", async () => {
  write("a", "bad");
  expect(() => watch(["a"])).toThrow("bad");
  write("a", "one");
  const { clock, files } = watch(["a"]);
  files.close();
  expect(clock.pendingTimers()).toBe(0);
});
