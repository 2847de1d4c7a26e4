import { z } from "zod";
import { type Answer, emptyAnswer, jsonAnswer } from "../answer.ts";
import { timestampFromMs } from "../clock.ts";
import type { Service } from "../directory.ts";
import { phrase } from "../fields.ts";
import { parseJson } from "../parse-json.ts";
import type { State } from "../state.ts";
import type { ApiRequest } from "./api-request.ts";

const hostName = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i;

const newService = z.object({ fqdn: z.string().regex(hostName, "must be a host name"), name: phrase });

/** POST /v1/service/service */
export function createService({ directory, switches }: State, { account, body }: ApiRequest): Answer {
  const { fqdn, name } = parseJson(body, newService);
  return jsonAnswer(switches.createStatus, jsonFromService(directory.addService(account, fqdn, name)));
}

/** GET /v1/service/service/{serviceId} */
export function getService({ directory }: State, { account, serviceId }: ApiRequest): Answer {
  return jsonAnswer(200, jsonFromService(directory.service(account, serviceId)));
}

/** DELETE /v1/service/service/{serviceId} */
export function deleteService({ directory }: State, { account, serviceId }: ApiRequest): Answer {
  directory.removeService(directory.service(account, serviceId));
  return emptyAnswer(202);
}

function jsonFromService({ id, name, ctimeMs }: Service): object {
  return { id, name, ctime: timestampFromMs(ctimeMs) };
}
