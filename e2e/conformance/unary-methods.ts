import type { DescService, FileRegistry } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { type Call, sleep, systemClock } from "@verigate/call";
import type { HttpCall, UnaryService } from "@verigate/rpc-server";
import type { AnswerMetadata } from "./answer-metadata.ts";
import { createAnswers, type Seen } from "./answers.ts";
import { suiteService } from "./suite-types.ts";

/** The unary methods of the suite's service, served as the gateway's own are: by a UnaryService, which has no other methods. */
export function unaryMethods(types: FileRegistry, metadata: AnswerMetadata): UnaryService {
  const answers = createAnswers(types);
  const service = suiteService(types);
  const methods = service.methods.filter(({ methodKind }) => methodKind === "unary");
  return {
    service: { ...service, methods } as DescService,
    async handler({ call, method, message }) {
      if (method.name === "Unimplemented") {
        throw new ConnectError("not implemented", Code.Unimplemented);
      }
      const { request, echo } = answers.readRequest(method.input, message);
      const { responseDefinition: definition = {} } = request;
      metadata.add(call, definition);
      if (definition.responseDelayMs !== undefined) {
        await sleep(systemClock, definition.responseDelayMs);
      }
      if (definition.error !== undefined) {
        throw answers.error(definition.error, [echo], seenOf(call));
      }
      return answers.payload(method.output, definition.responseData as string | undefined, [echo], seenOf(call));
    },
  };
}

function seenOf(call: Call): Seen {
  const { method, url } = (call as HttpCall).exchange;
  const hasTimeout = ["grpc-timeout", "connect-timeout-ms"].some((name) => call.headers[name] !== undefined);
  return {
    headers: Object.entries(call.headers).map(([name, value]) => [name, String(value)] as const),
    timeoutMs: hasTimeout ? call.progress.deadlineAtMs - call.startedAtMs : undefined,
    query: method === "GET" ? new URL(url, "http://localhost").searchParams : undefined,
  };
}
