import { z } from "zod";
import { type Answer, emptyAnswer, jsonAnswer } from "../answer.ts";
import { timestampFromMs } from "../clock.ts";
import type { User } from "../directory.ts";
import { phoneNumber, phrase } from "../fields.ts";
import { parseJson } from "../parse-json.ts";
import type { State } from "../state.ts";
import type { ApiRequest } from "./api-request.ts";

const newUser = z.object({ phone_number: phoneNumber, id_in_service: phrase });

/** POST /v1/service/service/{serviceId}/users */
export function createUser({ directory, switches }: State, { account, serviceId, body }: ApiRequest): Answer {
  const service = directory.service(account, serviceId);
  const { phone_number, id_in_service } = parseJson(body, newUser);
  return jsonAnswer(switches.createStatus, jsonFromUser(directory.addUser(service, phone_number, id_in_service)));
}

/** GET /v1/service/service/{serviceId}/users: all of them at once, as documented. */
export function listUsers({ directory }: State, { account, serviceId }: ApiRequest): Answer {
  const { users } = directory.service(account, serviceId);
  return jsonAnswer(200, { users: [...users.values()].map(jsonFromUser), total: users.size });
}

/** GET /v1/service/service/{serviceId}/users/{userId} */
export function getUser({ directory }: State, { account, serviceId, userId }: ApiRequest): Answer {
  return jsonAnswer(200, jsonFromUser(directory.user(directory.service(account, serviceId), userId)));
}

/** DELETE /v1/service/service/{serviceId}/users/{userId} */
export function deleteUser({ directory }: State, { account, serviceId, userId }: ApiRequest): Answer {
  const service = directory.service(account, serviceId);
  directory.removeUser(service, directory.user(service, userId));
  return emptyAnswer(202);
}

function jsonFromUser({ id, ctimeMs, idInService }: User): object {
  return { id, ctime: timestampFromMs(ctimeMs), id_in_service: idInService };
}
