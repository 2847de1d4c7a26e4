import type { Http2Session } from "node:http2";

const guarded = new WeakSet<Http2Session>();

/**
 * Keeps a dying connection from ending the whole process.
 *
 * Http2SessionManager of connect-node 2.2.0 takes its error listener away when a
 * new call replaces a connection, though a destroyed one may raise its error
 * later (connect-es issue 1768; also seen here after an unanswered PING), and its
 * timer may PING a destroyed one, which throws (connect-es issue 1795).
 */
export function guardSession(session: Http2Session): void {
  if (guarded.has(session)) return;
  guarded.add(session);
  session.on("error", () => {});
  const ping = session.ping.bind(session) as (...args: unknown[]) => boolean;
  session.ping = (...args: unknown[]) => !session.destroyed && ping(...args);
}
