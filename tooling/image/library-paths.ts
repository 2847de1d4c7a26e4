import { execFileSync } from "node:child_process";

/**
 * The shared libraries that a program needs at run time and the loader that
 * brings them in, as absolute paths at which that loader looks for them.
 */
export function libraryPathsOf(program: string): string[] {
  return libraryPathsFromLdd(execFileSync("ldd", [program], { encoding: "utf8" }));
}

/** The same from what ldd(1) printed. Throws an Error that names a library which is not installed. */
export function libraryPathsFromLdd(text: string): string[] {
  const paths: string[] = [];
  for (const line of text.split("\n")) {
    const [, missing] = /^\s*(\S+) => not found/.exec(line) ?? [];
    if (missing !== undefined) {
      throw new Error(`the library ${missing} is not installed`);
    }
    // The kernel's own library (vdso) has no path.
    const [, path] = /^\s*(?:\S+ => )?(\/\S+) \(0x[0-9a-f]+\)$/.exec(line) ?? [];
    if (path !== undefined) {
      paths.push(path);
    }
  }
  return paths.sort();
}
