import {
  create,
  type DescMethodUnary,
  type DescService,
  type Message,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import type { Call } from "@verigate/call";
import type { UnaryHandler } from "@verigate/rpc-server";

/** One small function per RPC of a service: from its request, by way of the provider, to its response. */
export type Operations<Service extends DescService> = {
  readonly [Name in keyof Service["method"]]: Service["method"][Name] extends DescMethodUnary<infer Input, infer Output>
    ? (request: MessageShape<Input>, call: Call) => Promise<MessageInitShape<Output>>
    : never;
};

type AnyOperation = (request: Message, call: Call) => Promise<Record<string, unknown>>;

/** Runs the operation of a call's method. */
export function operationHandler<Service extends DescService>(operations: Operations<Service>): UnaryHandler {
  const byName = operations as unknown as Readonly<Record<string, AnyOperation>>;
  return ({ call, method, message }) => {
    const operation = byName[method.localName];
    if (operation === undefined) {
      throw new Error(`no operation ${method.localName}`);
    }
    return operation(message, call).then((response) => create(method.output, response));
  };
}
