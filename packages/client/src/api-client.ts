import type { DescMethodUnary, DescService, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type { CallOptions as ConnectCallOptions } from "@connectrpc/connect";

/**
 * What one call may have of its own. `timeoutMs` is its deadline, in place of the
 * client's default; 0 leaves the deadline to the gateway.
 *
 * Connect types `headers` by the DOM's HeadersInit, which counts as `any`
 * wherever a program is compiled without the DOM.
 */
export interface CallOptions extends Omit<ConnectCallOptions, "headers"> {
  /** Headers to send along, such as `traceparent`. */
  headers?: Headers | Record<string, string> | [string, string][];
}

/** The methods of one service of the contract. */
export type ApiClient<Api extends DescService> = {
  [Name in keyof Api["method"]]: Api["method"][Name] extends DescMethodUnary<infer Request, infer Response>
    ? (request: MessageInitShape<Request>, options?: CallOptions) => Promise<MessageShape<Response>>
    : never;
};
