import type { IncomingMessage, ServerResponse } from "node:http";
import type { Accounts } from "../accounts.ts";
import { type Answer, answerOrRefusal, emptyAnswer, jsonAnswer, send } from "../answer.ts";
import { faultyAnswer, isCarriedOut, sendFaulty } from "../apply-fault.ts";
import { timestampFromMs } from "../clock.ts";
import { readBody } from "../read-body.ts";
import { Refusal } from "../refusal.ts";
import { type LoggedRequest, loggedText, maskedBody } from "../request-log.ts";
import { requestPath } from "../request-path.ts";
import type { State } from "../state.ts";
import { matchRoute, type RouteMatch } from "./match-route.ts";

/**
 * Answers one request to the emulated API. In this order: the request is logged,
 * so that the log tells what arrived whatever became of it; the rate limit, which
 * upstream applies before it looks at anything; faults, which can strike before
 * the body is read; and then the call itself.
 */
export async function handleApi(
  state: State,
  accounts: Accounts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const match = matchRoute(request.method ?? "", requestPath(request));
  const credentials = request.headers["x-service-auth"]?.toString();
  const account = accounts.usernameFromHeader(credentials);
  const logged: LoggedRequest = {
    call: match?.route.call ?? null,
    method: request.method ?? "",
    path: loggedText(requestPath(request)),
    time: timestampFromMs(state.clock.now()),
    credentials: credentials === undefined ? null : `${account ?? "***"}:***`,
    body: null,
    status: null,
  };
  state.requestLog.add(logged);

  const isAdmitted = state.rateLimit.admits(request.socket.remoteAddress ?? "", state.switches.requestsPerSecond);
  const fault = isAdmitted && match !== undefined ? state.faults.take(match.route.call) : undefined;
  if (fault?.reset === "before") return sendFaulty(response, fault, emptyAnswer(200));

  const answer = await answerOrRefusal(jsonFromRefusal, async () => {
    if (!isAdmitted) throw new Refusal(429, "Too many requests");
    const body = await readBody(request);
    logged.body = maskedBody(body);
    if (fault !== undefined && !isCarriedOut(fault)) return emptyAnswer(200);
    return carryOut(state, match, account, body);
  });

  if (fault === undefined) {
    logged.status = answer.status;
    send(response, answer);
    return;
  }
  const faulty = faultyAnswer(fault, answer);
  if (fault.reset === undefined) logged.status = faulty.status;
  await sendFaulty(response, fault, faulty);
}

function carryOut(state: State, match: RouteMatch | undefined, account: string | undefined, body: Buffer): Answer {
  if (match === undefined) throw new Refusal(404, "There is no such call");
  if (account === undefined) throw new Refusal(401, "Authentication required");
  return match.route.handle(state, { account, serviceId: match.serviceId, userId: match.userId, body });
}

function jsonFromRefusal({ status, field, message }: Refusal): Answer {
  return jsonAnswer(status, { message: field === undefined ? message : `${field}: ${message}` });
}
