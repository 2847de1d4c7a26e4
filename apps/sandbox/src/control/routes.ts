import { z } from "zod";
import { type Answer, jsonAnswer } from "../answer.ts";
import { timestampFromMs } from "../clock.ts";
import { usersMax } from "../directory.ts";
import { faultFromJson } from "../fault-from-json.ts";
import { phoneNumber } from "../fields.ts";
import { parseJson } from "../parse-json.ts";
import { Refusal } from "../refusal.ts";
import type { State } from "../state.ts";

/** What a control route gets of a request. */
export interface ControlRequest {
  readonly query: URLSearchParams;
  readonly body: Buffer;
}

/** One way to look at the sandbox or to change it. */
export interface ControlRoute {
  readonly method: "GET" | "POST" | "DELETE";
  /** After `/sandbox/v1/`. */
  readonly path: string;
  readonly handle: (state: State, request: ControlRequest) => Answer;
}

const newDevice = z.strictObject({ phone_number: phoneNumber });
const advance = z.strictObject({ advance_seconds: z.number().min(0) });
const madeUpUsers = z.strictObject({ service_id: z.string(), count: z.int().min(1).max(usersMax) });
const newSwitches = z.strictObject({
  create_status: z.literal([200, 201]).optional(),
  auth_id: z.boolean().optional(),
  requests_per_second: z.int().min(0).max(1_000_000).optional(),
});

/** The whole control API. Bodies are strict: an unknown field is a mistake. */
export const controlRoutes: readonly ControlRoute[] = [
  { method: "GET", path: "messages", handle: messages },
  { method: "POST", path: "devices", handle: pairDevice },
  { method: "POST", path: "users", handle: makeUpUsers },
  { method: "POST", path: "clock", handle: advanceClock },
  { method: "POST", path: "options", handle: switchOptions },
  { method: "GET", path: "faults", handle: ({ faults }) => jsonAnswer(200, { faults: faults.list() }) },
  { method: "POST", path: "faults", handle: addFault },
  { method: "DELETE", path: "faults", handle: removeFaults },
  { method: "GET", path: "requests", handle: requests },
  { method: "DELETE", path: "state", handle: clearState },
];

function messages({ outbox }: State, { query }: ControlRequest): Answer {
  // A plus sign that nobody escaped arrives as a space, and every phone number starts with one.
  const to = query.get("to")?.replace(/^ /, "+");
  return jsonAnswer(200, { messages: outbox.messages(to) });
}

function pairDevice({ devices }: State, { body }: ControlRequest): Answer {
  const { secret, otpauthUri } = devices.pair(parseJson(body, newDevice).phone_number);
  return jsonAnswer(201, { secret, otpauth_uri: otpauthUri });
}

function makeUpUsers({ directory }: State, { body }: ControlRequest): Answer {
  const { service_id, count } = parseJson(body, madeUpUsers);
  const service = directory.anyService(service_id);
  directory.addMadeUpUsers(service, count);
  return jsonAnswer(201, { total: service.users.size });
}

function advanceClock({ clock }: State, { body }: ControlRequest): Answer {
  if (!clock.advance(parseJson(body, advance).advance_seconds)) {
    throw new Refusal(422, "the clock may be advanced by 100 years in all", "advance_seconds");
  }
  return jsonAnswer(200, { now: timestampFromMs(clock.now()) });
}

function switchOptions(state: State, { body }: ControlRequest): Answer {
  const wanted = parseJson(body, newSwitches);
  state.switches = {
    createStatus: wanted.create_status ?? state.switches.createStatus,
    sendsAuthId: wanted.auth_id ?? state.switches.sendsAuthId,
    requestsPerSecond: wanted.requests_per_second ?? state.switches.requestsPerSecond,
  };
  const { createStatus, sendsAuthId, requestsPerSecond } = state.switches;
  return jsonAnswer(200, {
    create_status: createStatus,
    auth_id: sendsAuthId,
    requests_per_second: requestsPerSecond,
  });
}

function addFault({ faults }: State, { body }: ControlRequest): Answer {
  const fault = faultFromJson(body);
  faults.add(fault);
  return jsonAnswer(201, fault);
}

function removeFaults({ faults }: State): Answer {
  faults.clear();
  return jsonAnswer(200, {});
}

function requests({ requestLog }: State): Answer {
  return jsonAnswer(200, { requests: requestLog.requests(), totals: requestLog.totals() });
}

function clearState(state: State): Answer {
  state.clear();
  return jsonAnswer(200, {});
}
