import type { DescMethod, DescService, Message } from "@bufbuild/protobuf";
import { type ConnectRouter, createContextKey, type HandlerContext, type MethodImpl } from "@connectrpc/connect";
import type { Call } from "@verigate/call";

/** A unary RPC whose message has been decoded. */
export interface UnaryCall {
  readonly call: Call;
  readonly method: DescMethod;
  readonly message: Message;
}

/** Answers with a message of `method.output`, or throws a Fault. */
export type UnaryHandler = (unary: UnaryCall) => Promise<Message>;

/** A service all of whose methods are unary, and what answers their calls. */
export interface UnaryService {
  readonly service: DescService;
  readonly handler: UnaryHandler;
}

/** One method of it. */
export interface UnaryMethod {
  readonly method: DescMethod;
  readonly handler: UnaryHandler;
}

/** What the router's method tells to the one that called the router. */
export interface Handling {
  readonly call: Call | undefined;
  /** What the handler threw. */
  error: unknown;
  /** Whether the handler has answered. */
  isDone: boolean;
}

export function createHandling(call: Call | undefined): Handling {
  return { call, error: undefined, isDone: false };
}

export const handlingKey: ReturnType<typeof createContextKey<Handling>> = createContextKey(createHandling(undefined), {
  description: "verigate.handling",
});

/** Makes a unary implementation tell what it threw, so that it leaves by our door. */
export function recorded<Input, Output>(
  implementation: (input: Input, context: HandlerContext) => Output,
): (input: Input, context: HandlerContext) => Output {
  return (input, context) => {
    try {
      return implementation(input, context);
    } catch (error) {
      context.values.get(handlingKey).error = error;
      throw error;
    }
  };
}

/** Routes every method of `service` to `handler`. */
export function unaryRoutes({ service, handler }: UnaryService): (router: ConnectRouter) => void {
  return (router) => {
    for (const method of service.methods) {
      const implementation = async (
        message: Message,
        context: { values: { get(key: typeof handlingKey): Handling } },
      ) => {
        const handling = context.values.get(handlingKey);
        if (handling.call === undefined) {
          throw new Error("the router was called without a call");
        }
        try {
          const response = await handler({ call: handling.call, method, message });
          handling.isDone = true;
          return response;
        } catch (error) {
          handling.error = error;
          throw error;
        }
      };
      router.rpc(method, implementation as unknown as MethodImpl<DescMethod>);
    }
  };
}
