/**
 * Loaded into the gateway by `--import` where a scenario needs names: answers
 * `dns.lookup`, by which Node resolves every host it connects to, from the file
 * CHAOS_DNS_FILE. It holds one address for all names; where there is no file,
 * there is no such name. Read at every look-up, so that the run can change it.
 */
import dns, { type LookupAddress, type LookupOptions } from "node:dns";
import { readFileSync } from "node:fs";

const path = process.env.CHAOS_DNS_FILE ?? "";

type Found = (error: Error | null, address?: string | LookupAddress[], family?: number) => void;

function lookup(name: string, options: LookupOptions, found: Found): void {
  let address: string;
  try {
    address = readFileSync(path, "utf8");
  } catch {
    const error = Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: "ENOTFOUND", hostname: name });
    process.nextTick(found, error);
    return;
  }
  const answer = options.all === true ? [[{ address, family: 4 }]] : [address, 4];
  process.nextTick(found, null, ...answer);
}

Object.assign(dns, { lookup });
