import { setTimeout as delay } from "node:timers/promises";
import type { DescMethod, FileRegistry, Message } from "@bufbuild/protobuf";
import type { ConnectRouter, HandlerContext, MethodImpl } from "@connectrpc/connect";
import { createAnswers, type Seen } from "./answers.ts";
import { type AnyJson, type DefinitionJson, type HeaderJson, suiteService } from "./suite-types.ts";

type StreamingMethod = (method: DescMethod, ...args: unknown[]) => unknown;

/**
 * The streaming methods of the suite's service, served as the kit's own streams (Watch of
 * health, reflection) are: by the router.
 */
export function streamingMethods(types: FileRegistry): (router: ConnectRouter) => void {
  const answers = createAnswers(types);

  async function clientStream(method: DescMethod, requests: AsyncIterable<Message>, context: HandlerContext) {
    const { definition, echoes } = await readAll(method, requests);
    addMetadata(context, definition);
    await waitFor(definition, context);
    if (definition.error !== undefined) {
      throw answers.error(definition.error, echoes, seenOf(context));
    }
    return answers.payload(method.output, definition.responseData as string | undefined, echoes, seenOf(context));
  }

  /** What has been asked for, when all has been; `echoes` go with the first answer. */
  async function* answerAll(
    method: DescMethod,
    definition: DefinitionJson,
    echoes: AnyJson[],
    context: HandlerContext,
  ) {
    addMetadata(context, definition);
    const all = (definition.responseData ?? []) as readonly string[];
    for (const [index, data] of all.entries()) {
      await waitFor(definition, context);
      yield index === 0
        ? answers.payload(method.output, data, echoes, seenOf(context))
        : answers.payload(method.output, data, []);
    }
    if (definition.error !== undefined) {
      throw all.length === 0
        ? answers.error(definition.error, echoes, seenOf(context))
        : answers.error(definition.error);
    }
  }

  async function* serverStream(method: DescMethod, message: Message, context: HandlerContext) {
    const { request, echo } = answers.readRequest(method.input, message);
    yield* answerAll(method, request.responseDefinition ?? {}, [echo], context);
  }

  async function* bidiStream(method: DescMethod, requests: AsyncIterable<Message>, context: HandlerContext) {
    const messages = requests[Symbol.asyncIterator]();
    const first = await messages.next();
    if (first.done === true) {
      return;
    }
    const { request, echo } = answers.readRequest(method.input, first.value);
    const definition = request.responseDefinition ?? {};
    const rest = { [Symbol.asyncIterator]: () => messages };
    if (request.fullDuplex === true) {
      yield* answerEach(method, definition, echo, rest, context);
    } else {
      const { echoes } = await readAll(method, rest);
      yield* answerAll(method, definition, [echo, ...echoes], context);
    }
  }

  /** An answer to each request, until there is none left. */
  async function* answerEach(
    method: DescMethod,
    definition: DefinitionJson,
    first: AnyJson,
    rest: AsyncIterable<Message>,
    context: HandlerContext,
  ) {
    addMetadata(context, definition);
    const left = [...((definition.responseData ?? []) as readonly string[])];
    const isAnswered = left.length > 0;
    const answer = async (echo: AnyJson, seen?: Seen) => {
      await waitFor(definition, context);
      return answers.payload(method.output, left.shift(), [echo], seen);
    };
    if (isAnswered) {
      yield await answer(first, seenOf(context));
      for await (const message of rest) {
        if (left.length === 0) {
          break;
        }
        yield await answer(answers.readRequest(method.input, message).echo);
      }
      for (const data of left) {
        await waitFor(definition, context);
        yield answers.payload(method.output, data, []);
      }
    }
    if (definition.error !== undefined) {
      throw isAnswered ? answers.error(definition.error) : answers.error(definition.error, [first], seenOf(context));
    }
  }

  async function readAll(method: DescMethod, requests: AsyncIterable<Message>) {
    const all = [];
    for await (const message of requests) {
      all.push(answers.readRequest(method.input, message));
    }
    return { definition: all[0]?.request.responseDefinition ?? {}, echoes: all.map(({ echo }) => echo) };
  }

  const implementations = {
    client_streaming: clientStream,
    server_streaming: serverStream,
    bidi_streaming: bidiStream,
  };
  return (router) => {
    for (const method of suiteService(types).methods) {
      if (method.methodKind !== "unary") {
        const implementation = implementations[method.methodKind] as StreamingMethod;
        router.rpc(method, implementation.bind(undefined, method) as unknown as MethodImpl<DescMethod>);
      }
    }
  };
}

function seenOf({ requestHeader, timeoutMs }: HandlerContext): Seen {
  return { headers: requestHeader, timeoutMs: timeoutMs(), query: undefined };
}

function addMetadata(context: HandlerContext, { responseHeaders, responseTrailers }: DefinitionJson): void {
  append(context.responseHeader, responseHeaders);
  append(context.responseTrailer, responseTrailers);
}

function append(headers: Headers, more: readonly HeaderJson[] = []): void {
  for (const { name, value } of more) {
    for (const each of value) {
      headers.append(name, each);
    }
  }
}

/** The delay that a request asks for. Rejects with what ends the stream before. */
async function waitFor({ responseDelayMs = 0 }: DefinitionJson, { signal }: HandlerContext): Promise<void> {
  await delay(responseDelayMs, undefined, { signal }).catch(() => signal.throwIfAborted());
}
