import { Pool } from "undici";
import { upstreamHeaders } from "../verify-pin.ts";
import { upstreamConnections } from "./server-arguments.ts";

/** Sends a PUT and fulfils with the body of a 200; rejects on any other status. */
export type PutUpstream = (path: string, body: string) => Promise<string>;

/** The upstream by undici's `request`, as its documentation suggests. */
export function createPutUpstream(origin: string): PutUpstream {
  const pool = new Pool(origin, { connections: upstreamConnections });
  return async (path, body) => {
    const answer = await pool.request({ path, method: "PUT", headers: upstreamHeaders, body });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) {
      throw new Error(`upstream answered ${answer.statusCode}`);
    }
    return text;
  };
}
