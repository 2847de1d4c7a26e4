import type { Message } from "@bufbuild/protobuf";
import type { Layer } from "@verigate/call";
import type { UnaryCall } from "@verigate/rpc-server";

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Notes a call's request_id for the log, also where the call is refused; unless it is no UUID, and so could be anything. */
export function requestIdNote(): Layer<UnaryCall, Message> {
  return (next) => (unary) => {
    const { requestId } = unary.message as { readonly requestId?: unknown };
    if (typeof requestId === "string" && uuid.test(requestId)) {
      unary.call.progress.requestId = requestId;
    }
    return next(unary);
  };
}
