import type { IncomingMessage, ServerResponse } from "node:http";
import { type Answer, answerOrRefusal, jsonAnswer, send } from "../answer.ts";
import { readBody } from "../read-body.ts";
import { Refusal } from "../refusal.ts";
import { requestPath, requestQuery } from "../request-path.ts";
import type { State } from "../state.ts";
import { controlRoutes } from "./routes.ts";

/** Where the control API starts. */
export const controlPrefix = "/sandbox/v1/";

/**
 * Answers one request to the control API, which has no credentials. What keeps a
 * web page the developer happens to have open from using it: the host check in
 * front of everything (DNS rebinding), the Origin, and a content type that a page
 * can't send elsewhere without asking first (cross-site request forgery).
 */
export async function handleControl(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const answer = await answerOrRefusal(errorAnswer, async () => {
    assertSameOrigin(request);
    const path = requestPath(request).slice(controlPrefix.length);
    const known = controlRoutes.filter((route) => route.path === path);
    if (known.length === 0) throw new Refusal(404, "the control API has no such path");
    const route = known.find(({ method }) => method === request.method);
    if (route === undefined) {
      throw new Refusal(405, `this path takes ${known.map(({ method }) => method).join(" and ")} only`);
    }
    if (route.method === "POST") assertJson(request);
    return route.handle(state, { query: requestQuery(request), body: await readBody(request) });
  });
  send(response, answer);
}

function errorAnswer({ status, field, message }: Refusal): Answer {
  // The emulated API has to tell a full store from a twin; here a 409 is plain enough, and no 5xx is the caller's doing.
  return jsonAnswer(status === 507 ? 409 : status, { error: { field, message } });
}

function assertSameOrigin({ headers }: IncomingMessage): void {
  if (headers.origin !== undefined && headers.origin !== `http://${headers.host}`) {
    throw new Refusal(403, "requests of other origins are refused");
  }
}

function assertJson({ headers }: IncomingMessage): void {
  const [mediaType = ""] = (headers["content-type"] ?? "").split(";", 1);
  if (mediaType.trim().toLowerCase() !== "application/json") {
    throw new Refusal(415, "the content type must be application/json");
  }
}
