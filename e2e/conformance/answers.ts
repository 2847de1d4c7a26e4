import {
  type DescMessage,
  type FileRegistry,
  fromJson,
  type JsonValue,
  type Message,
  toJson,
} from "@bufbuild/protobuf";
import { AnySchema } from "@bufbuild/protobuf/wkt";
import { type Code, ConnectError } from "@connectrpc/connect";
import { type AnyJson, type ErrorJson, type HeaderJson, type RequestJson, suiteMessage } from "./suite-types.ts";

/** What a server saw of a call, which the suite wants to be told. */
export interface Seen {
  readonly headers: Iterable<readonly [name: string, value: string]>;
  readonly timeoutMs: number | undefined;
  /** Of a call by GET. */
  readonly query: URLSearchParams | undefined;
}

/** Makes what the suite's methods answer. */
export interface Answers {
  readRequest(desc: DescMessage, message: Message): { readonly request: RequestJson; readonly echo: AnyJson };
  /** Without `seen`, it has the requests alone; without `echoes` either, the data. */
  payload(output: DescMessage, data: string | undefined, echoes: readonly AnyJson[], seen?: Seen): Message;
  /** With `seen`, it has the requests in its details. */
  error(wanted: ErrorJson, echoes?: readonly AnyJson[], seen?: Seen): ConnectError;
}

export function createAnswers(types: FileRegistry): Answers {
  const options = { registry: types, enumAsInteger: true };
  const requestInfo = suiteMessage(types, "ConformancePayload.RequestInfo");

  const infoJson = (requests: readonly AnyJson[], seen: Seen | undefined) => ({
    requests,
    ...(seen === undefined ? {} : { requestHeaders: headersJson(seen.headers) }),
    ...(seen?.timeoutMs === undefined ? {} : { timeoutMs: Math.floor(seen.timeoutMs) }),
    ...(seen?.query === undefined ? {} : { connectGetInfo: { queryParams: headersJson(seen.query) } }),
  });

  return {
    readRequest(desc, message) {
      const request = toJson(desc, message, options) as object;
      return { request, echo: { "@type": `type.googleapis.com/${desc.typeName}`, ...request } };
    },
    payload(output, data, echoes, seen) {
      const info = seen === undefined && echoes.length === 0 ? {} : { requestInfo: infoJson(echoes, seen) };
      return fromJson(output, { payload: { ...(data === undefined ? {} : { data }), ...info } } as JsonValue, options);
    },
    error({ code, message, details = [] }, echoes = [], seen) {
      const error = new ConnectError(message ?? "", code as Code);
      const info = { "@type": `type.googleapis.com/${requestInfo.typeName}`, ...infoJson(echoes, seen) };
      error.details = [...details, ...(seen === undefined ? [] : [info])].map((detail) => {
        const { typeUrl, value } = fromJson(AnySchema, detail as JsonValue, options);
        return { type: typeUrl.slice(typeUrl.lastIndexOf("/") + 1), value };
      });
      return error;
    },
  };
}

function headersJson(headers: Iterable<readonly [string, string]>): HeaderJson[] {
  const values = new Map<string, string[]>();
  for (const [name, value] of headers) {
    values.set(name, [...(values.get(name) ?? []), value]);
  }
  return [...values].map(([name, value]) => ({ name, value }));
}
