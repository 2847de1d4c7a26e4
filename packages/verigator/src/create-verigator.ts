import type { Answer, Exchange, Progress } from "@verigate/call";
import { parseJsonObject } from "./decode.ts";
import * as endpoints from "./endpoints.ts";
import { expandPath } from "./expand-path.ts";
import { faultFromAnswer, isEmptyOrJson } from "./fault-from-answer.ts";
import { type UserColumns, UserList } from "./user-list.ts";

/** A list holds all users of a service (100,000 are 12 MiB); every other answer is a few hundred bytes. */
const listBytesMax = 64 * 1024 * 1024;
const answerBytesMax = 256 * 1024;

export interface VerigatorOptions {
  /** Sends an attempt; a finished stack with whatever protects the upstream and its callers. */
  readonly exchange: Exchange;
  /** Turns the body of a user list into a list. */
  readonly decodeUserList: (body: Buffer) => Promise<UserColumns>;
}

type Operation<E> =
  E extends endpoints.Endpoint<infer Params, infer Result>
    ? (params: Params, progress: Progress) => Promise<Result>
    : never;

/** The API's nine calls as functions. Each throws a Fault where there is no success. */
export type Verigator = {
  readonly [Name in Exclude<keyof typeof endpoints, "listUsers">]: Operation<(typeof endpoints)[Name]>;
} & { listUsers(params: endpoints.ServiceRef, progress: Progress): Promise<UserList> };

export function createVerigator({ exchange, decodeUserList }: VerigatorOptions): Verigator {
  async function send<Params extends object>(
    endpoint: endpoints.Endpoint<Params, unknown>,
    params: Params,
    progress: Progress,
    bytesMax = answerBytesMax,
  ): Promise<Answer> {
    const body = endpoint.body === undefined ? undefined : JSON.stringify(endpoint.body(params));
    const answer = await exchange({
      operation: endpoint.operation,
      operationClass: endpoint.operationClass,
      retry: endpoint.retry,
      method: endpoint.method,
      path: expandPath(endpoint.path, params as Readonly<Record<string, string>>),
      headers:
        body === undefined
          ? { accept: "application/json" }
          : { accept: "application/json", "content-type": "application/json" },
      body,
      answerBytesMax: bytesMax,
      progress,
    });
    if (
      answer.status === 404 &&
      endpoint.method === "DELETE" &&
      answer.isAfterLostAttempt &&
      isEmptyOrJson(answer.body)
    ) {
      // An earlier attempt, whose answer was lost, has deleted it.
      return answer;
    }
    if (!endpoint.accepts.includes(answer.status)) {
      throw faultFromAnswer(endpoint, params, answer);
    }
    return answer;
  }

  function operation<Params extends object, Result>(
    endpoint: endpoints.Endpoint<Params, Result>,
  ): (params: Params, progress: Progress) => Promise<Result> {
    return async (params, progress) => {
      const { body } = await send(endpoint, params, progress);
      return endpoint.decode === undefined ? (undefined as Result) : endpoint.decode(parseJsonObject(body));
    };
  }

  return {
    createService: operation(endpoints.createService),
    getService: operation(endpoints.getService),
    deleteService: operation(endpoints.deleteService),
    createUser: operation(endpoints.createUser),
    async listUsers(params, progress) {
      const { body, headers, answeredAtMs } = await send(endpoints.listUsers, params, progress, listBytesMax);
      const upstreamMs = typeof headers.date === "string" ? Date.parse(headers.date) : Number.NaN;
      const columns = await decodeUserList(body);
      return new UserList(columns, Number.isNaN(upstreamMs) ? undefined : { upstreamMs, localMs: answeredAtMs });
    },
    getUser: operation(endpoints.getUser),
    deleteUser: operation(endpoints.deleteUser),
    initiateAuth: operation(endpoints.initiateAuth),
    verifyPin: operation(endpoints.verifyPin),
  };
}
