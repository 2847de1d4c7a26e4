/**
 * For `node --import`: at the end of the process, writes the URL of every module
 * that it loaded into the file that LOAD_RECORD names, one a line.
 */
import { writeFileSync } from "node:fs";
import { registerHooks } from "node:module";

const urls: string[] = [];

registerHooks({
  load(url, context, next) {
    urls.push(url);
    return next(url, context);
  },
});

process.once("exit", () => writeFileSync(process.env.LOAD_RECORD ?? "", urls.join("\n")));
