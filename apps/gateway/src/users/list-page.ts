import type { Call } from "@verigate/call";
import type { User, UserList } from "../provider.ts";
import { lastIdFromToken, tokenFromPosition } from "./page-token.ts";
import type { UserLists } from "./user-lists.ts";

export interface PageRequest {
  readonly serviceId: string;
  /** 0: the default. */
  readonly pageSize: number;
  /** Empty: the first page. */
  readonly pageToken: string;
  /** Empty: all users. */
  readonly idInService: string;
}

export interface Page {
  readonly users: readonly User[];
  /** Empty on the last page. */
  readonly nextPageToken: string;
}

const pageSizeDefault = 100;
const pageSizeMax = 1_000;

/** One page of a service's users (AIP-158), in the order of their ids. */
export async function listPage(lists: UserLists, request: PageRequest, call: Call): Promise<Page> {
  const { serviceId, idInService, pageToken } = request;
  const size = Math.min(request.pageSize === 0 ? pageSizeDefault : request.pageSize, pageSizeMax);
  const lastId = pageToken === "" ? undefined : lastIdFromToken(pageToken, request);

  const { list, indexes } = await find(lists, serviceId, idInService, call);
  const start = lastId === undefined ? 0 : list.indexAfter(lastId);
  const ahead =
    indexes === undefined
      ? Array.from({ length: Math.min(size + 1, list.size - start) }, (_, offset) => start + offset)
      : indexes.filter((index) => index >= start).slice(0, size + 1);
  const users = ahead.slice(0, size).map((index) => list.at(index));
  const last = users.at(-1);
  return {
    users,
    nextPageToken:
      last === undefined || ahead.length <= size ? "" : tokenFromPosition({ serviceId, idInService, lastId: last.id }),
  };
}

/**
 * The list, and where in it the users of `idInService` stand; undefined means
 * all. "There is none" is what a caller acts on after USER_EXISTS or
 * OUTCOME_UNKNOWN, so it is never said from a list older than the question.
 */
async function find(
  lists: UserLists,
  serviceId: string,
  idInService: string,
  call: Call,
): Promise<{ readonly list: UserList; readonly indexes: readonly number[] | undefined }> {
  const kept = await lists.load(serviceId, Number.NEGATIVE_INFINITY, call.progress.traceContext);
  if (idInService === "") {
    return { list: kept, indexes: undefined };
  }
  const indexes = kept.indexesOf(idInService);
  if (indexes.length > 0) {
    return { list: kept, indexes };
  }
  const fresh = await lists.load(serviceId, call.startedAtMs, call.progress.traceContext);
  return { list: fresh, indexes: fresh.indexesOf(idInService) };
}
