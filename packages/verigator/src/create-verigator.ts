import { type Answer, after, type Eventual, type Exchange, isFault, type Progress } from "@verigate/call";
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
  /** Told of each answer that was read: what it says in its body takes reading to know. */
  readonly onRead?: (read: AnswerRead) => void;
}

/** An answer, and whether it could be understood. */
export interface AnswerRead {
  readonly operation: string;
  readonly status: number;
  readonly isUnderstood: boolean;
}

type Operation<E> =
  E extends endpoints.Endpoint<infer Params, infer Result>
    ? (params: Params, progress: Progress) => Promise<Result>
    : never;

/** The API's nine calls as functions. Each throws a Fault where there is no success. */
export type Verigator = {
  readonly [Name in Exclude<keyof typeof endpoints, "listUsers">]: Operation<(typeof endpoints)[Name]>;
} & { listUsers(params: endpoints.ServiceRef, progress: Progress): Promise<UserList> };

export function createVerigator({ exchange, decodeUserList, onRead }: VerigatorOptions): Verigator {
  function call<Params extends object, Result>(
    endpoint: endpoints.Endpoint<Params, unknown>,
    { params, progress, bytesMax }: { params: Params; progress: Progress; bytesMax: number },
    read: (answer: Answer) => Eventual<Result>,
  ): Promise<Result> {
    const body = endpoint.body === undefined ? undefined : JSON.stringify(endpoint.body(params));
    const answered = exchange({
      operation: endpoint.operation,
      operationClass: endpoint.operationClass,
      retry: endpoint.retry,
      method: endpoint.method,
      path: expandPath(endpoint.path, params as Readonly<Record<string, string>>),
      pathTemplate: endpoint.path,
      headers:
        body === undefined
          ? { accept: "application/json" }
          : { accept: "application/json", "content-type": "application/json" },
      body,
      answerBytesMax: bytesMax,
      progress,
    });
    return answered.then((answer) => {
      const tell = (isUnderstood: boolean) =>
        onRead?.({ operation: endpoint.operation, status: answer.status, isUnderstood });
      const fail = (error: unknown) => {
        const isUnderstood = !(isFault(error) && error.kind === "upstream-bad-response");
        progress.isAnswerLost ||= !isUnderstood && endpoint.retry === "safe";
        tell(isUnderstood);
        throw error;
      };
      try {
        assertAccepted(endpoint, params, answer, progress);
        return after(
          read(answer),
          (result) => {
            tell(true);
            return result;
          },
          fail,
        );
      } catch (error) {
        return fail(error);
      }
    });
  }

  function operation<Params extends object, Result>(
    endpoint: endpoints.Endpoint<Params, Result>,
  ): (params: Params, progress: Progress) => Promise<Result> {
    return (params, progress) =>
      call(endpoint, { params, progress, bytesMax: answerBytesMax }, ({ body }) =>
        endpoint.decode === undefined ? (undefined as Result) : endpoint.decode(parseJsonObject(body)),
      );
  }

  return {
    createService: operation(endpoints.createService),
    getService: operation(endpoints.getService),
    deleteService: operation(endpoints.deleteService),
    createUser: operation(endpoints.createUser),
    listUsers: (params, progress) =>
      call(endpoints.listUsers, { params, progress, bytesMax: listBytesMax }, async (answer) => {
        const { body, headers, answeredAtMs } = answer;
        const upstreamMs = typeof headers.date === "string" ? Date.parse(headers.date) : Number.NaN;
        const columns = await decodeUserList(body);
        return new UserList(columns, Number.isNaN(upstreamMs) ? undefined : { upstreamMs, localMs: answeredAtMs });
      }),
    getUser: operation(endpoints.getUser),
    deleteUser: operation(endpoints.deleteUser),
    initiateAuth: operation(endpoints.initiateAuth),
    verifyPin: operation(endpoints.verifyPin),
  };
}

/** Throws the Fault that an answer is where it is no success. */
function assertAccepted<Params>(
  endpoint: endpoints.Endpoint<Params, unknown>,
  params: Params,
  answer: Answer,
  { isAnswerLost }: Progress,
): void {
  const { status, body } = answer;
  // An earlier attempt, whose answer was lost, has deleted it.
  const isDeleted = status === 404 && endpoint.method === "DELETE" && isAnswerLost && isEmptyOrJson(body);
  if (!isDeleted && !endpoint.accepts.includes(status)) {
    throw faultFromAnswer(endpoint, params, answer);
  }
}
