import type { MessageShape } from "@bufbuild/protobuf";
import type { Interceptor } from "@connectrpc/connect";
import type { AuthAPI, ServiceAPI, UserAPI } from "@verigate/contract";

type MethodsOf<Api extends { method: Record<string, { input: unknown }> }> = {
  [Name in keyof Api["method"] as Capitalize<Name & string>]: Api["method"][Name]["input"];
};
type Inputs = MethodsOf<typeof ServiceAPI> & MethodsOf<typeof UserAPI> & MethodsOf<typeof AuthAPI>;

/** A method of the gateway: `VerifyPin`. */
export type FakeMethod = keyof Inputs;

/** A request as it arrived; `method` tells the type of `message`. */
export type FakeRequest = {
  [Method in FakeMethod]: { readonly method: Method; readonly message: MessageShape<Inputs[Method]> };
}[FakeMethod];

/** Adds every request to `requests`, whatever becomes of it. */
export function rememberRequests(requests: FakeRequest[]): Interceptor {
  return (next) => (req) => {
    if (!req.stream) requests.push({ method: req.method.name, message: req.message } as FakeRequest);
    return next(req);
  };
}
