import { readFileSync } from "node:fs";
import { inRepository } from "./repository.ts";

export const readme: string = readFileSync(inRepository("README.md"), "utf8");
const blocks = [...readme.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = ""]) => block);

/** What logs a user in, for bash: it ends in the answer to VerifyPin. */
export const loginLines: string = blocks.find((block) => block.includes("VerifyPin")) ?? "";
/** One more call, on the service of those lines. */
export const bufCurlLine: string = blocks.find((block) => block.includes("buf curl")) ?? "";
