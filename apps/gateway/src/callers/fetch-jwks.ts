import { readFile } from "node:fs/promises";
import { Agent, request } from "node:https";

export interface JwksAddress {
  /** An https URL. */
  readonly url: URL;
  /** Certificates to trust instead of the system's; read at each fetch, because they may have changed. */
  readonly caFile: string | undefined;
  /** Sent as bearer token, where there is one; read at each fetch. */
  readonly readToken: () => string | undefined;
  /** The proxy to go through, and the hosts that are reached without it. */
  readonly proxy: { readonly url: string; readonly exceptions: string } | undefined;
}

const timeoutMs = 5_000;
const bytesMax = 1024 * 1024;

/**
 * Fetches a JSON Web Key Set. A redirect is not followed: the token would go along.
 * Throws an Error, without the token in it, for all but a whole answer of 200 and at most 1 MiB in 5 s.
 */
export async function fetchJwks({ url, caFile, readToken, proxy }: JwksAddress): Promise<string> {
  const ca = caFile === undefined ? undefined : await readFile(caFile);
  const token = readToken();
  const agent = new Agent({
    ...(ca === undefined ? {} : { ca }),
    ...(proxy === undefined ? {} : { proxyEnv: { HTTPS_PROXY: proxy.url, NO_PROXY: proxy.exceptions } }),
  });
  return new Promise((resolve, reject) => {
    const ask = request(url, {
      agent,
      signal: AbortSignal.timeout(timeoutMs),
      headers: {
        accept: "application/json, application/jwk-set+json",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
    });
    const giveUp = (code: string) => {
      reject(Object.assign(new Error("the answer can't be used"), { code }));
      ask.destroy();
    };
    ask.on("error", reject);
    ask.once("response", (response) => {
      response.on("error", reject);
      if (response.statusCode !== 200) {
        giveUp(`ERR_STATUS_${response.statusCode}`);
        return;
      }
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.byteLength;
        chunks.push(chunk);
        if (bytes > bytesMax) {
          giveUp("ERR_SIZE");
        }
      });
      response.once("end", () => resolve(Buffer.concat(chunks).toString()));
    });
    ask.end();
  });
}
