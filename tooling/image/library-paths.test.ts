import { expect, it } from "vitest";
import { libraryPathsFromLdd } from "./library-paths.ts";

it("libraries and the loader are taken where ldd finds them, and the kernel's own is not", () => {
  const text = [
    "\tlinux-vdso.so.1 (0x00007ffd8a1fe000)",
    "\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f2c8a000000)",
    "\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f2c89e1f000)",
    "\t/lib64/ld-linux-x86-64.so.2 (0x00007f2c8a1f1000)",
    "",
  ].join("\n");
  expect(libraryPathsFromLdd(text)).toEqual([
    "/lib/x86_64-linux-gnu/libc.so.6",
    "/lib/x86_64-linux-gnu/libm.so.6",
    "/lib64/ld-linux-x86-64.so.2",
  ]);
});

it("a library that is not installed is an error that names it", () => {
  expect(() => libraryPathsFromLdd("\tlibatomic.so.1 => not found\n")).toThrow("libatomic.so.1");
});
