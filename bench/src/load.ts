import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toBinary, toJsonString } from "@bufbuild/protobuf";
import { VerifyPinRequestSchema } from "@verigate/contract";
import { runToEnd } from "./children.ts";
import type { Door } from "./contestants.ts";
import { findProgram } from "./find-program.ts";
import { frame } from "./grpc-frame.ts";
import { h2loadArguments, parseH2load } from "./h2load.ts";
import type { LoadResult } from "./load-result.ts";
import { sampleRequest } from "./verify-pin.ts";
import { parseWrk, wrkArguments, wrkScript } from "./wrk.ts";

export interface Load {
  /** The tool's name, for the report. */
  readonly tool: string;
  readonly doors: readonly Door[];
  /** Sends about as many calls as given, which shall take about so many seconds. Rejects where one of them fails. */
  run(door: Door, port: number, calls: number, seconds: number): Promise<LoadResult>;
  /** Removes the files that the tool reads; the end of this process does it too. */
  close(): void;
}

/** What to install, in the words of a Debian machine. */
const installHint = "h2load comes with Debian's nghttp2-client, wrk with wrk";

/**
 * The load generator that is installed. h2load speaks both doors and sends an
 * exact number of calls; wrk stands in for HTTP/1.1. Throws where there is
 * neither.
 */
export function createLoad(core: number | undefined): Load {
  const hasH2load = findProgram("h2load") !== undefined;
  if (!hasH2load && findProgram("wrk") === undefined) {
    throw new Error(`neither h2load nor wrk is installed: ${installHint}`);
  }
  const folder = mkdtempSync(join(tmpdir(), "verigate-bench-"));
  const file = (name: string, content: string | Uint8Array) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const json = toJsonString(VerifyPinRequestSchema, sampleRequest);
  const bodies: Readonly<Record<Door, string>> = {
    grpc: file("body.grpc", frame(toBinary(VerifyPinRequestSchema, sampleRequest))),
    json: file("body.json", json),
  };
  const script = file("post.lua", wrkScript(json));
  const close = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", close);
  return {
    tool: hasH2load ? "h2load" : "wrk",
    doors: hasH2load ? ["grpc", "json"] : ["json"],
    async run(door, port, calls, seconds) {
      return hasH2load
        ? parseH2load(await runToEnd(["h2load", ...h2loadArguments(door, port, calls, bodies[door])], { core }))
        : parseWrk(await runToEnd(["wrk", ...wrkArguments(port, seconds, script)], { core }));
    },
    close,
  };
}
