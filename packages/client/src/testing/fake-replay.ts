import { clone, type DescMessage, equals, isMessage, type Message } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import {
  ConnectError,
  type Interceptor,
  type StreamResponse,
  type UnaryRequest,
  type UnaryResponse,
} from "@connectrpc/connect";
import { ErrorReason, ThrottledBy, VerifyPinResponseSchema } from "@verigate/contract";
import { reasonOf } from "../error-reason.ts";
import { gatewayError, isRecorded } from "./gateway-error.ts";

interface Claim {
  readonly request: Message;
  /** Undefined where nothing was left behind, so that a repeat is carried out. */
  readonly outcome: Promise<UnaryResponse | ConnectError | undefined>;
}

/**
 * Answers a repeated request_id as it was answered the first time, with
 * `replayed` set, and refuses one that comes with another payload. A repeat
 * that comes early waits for the first answer.
 */
export function replayRequestIds(): Interceptor {
  const claims = new Map<string, Claim>();
  return (next) => async (req) => {
    const requestId = req.stream ? undefined : requestIdOf(req);
    if (req.stream || requestId === undefined) return next(req);
    const key = `${req.method.name} ${requestId}`;
    for (let earlier = claims.get(key); earlier !== undefined; earlier = claims.get(key)) {
      if (!equals(req.method.input, earlier.request, req.message)) throw gatewayError(ErrorReason.REQUEST_ID_REUSED);
      const outcome = await earlier.outcome;
      if (outcome !== undefined) return replay(req, outcome);
    }
    const running = next(req);
    const outcome = running.then(recordedResponse, recordedError);
    claims.set(key, { request: req.message, outcome });
    if ((await outcome) === undefined) claims.delete(key);
    return running;
  };
}

function requestIdOf({ method, message }: UnaryRequest): string | undefined {
  const field = method.input.field.requestId;
  if (field === undefined) return undefined;
  const value = reflect(method.input, message).get(field);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A guess that the gateway did not look at left nothing behind. */
function recordedResponse(response: UnaryResponse | StreamResponse): UnaryResponse | undefined {
  if (response.stream) return undefined;
  const { message } = response;
  const isLocalRefusal = isMessage(message, VerifyPinResponseSchema) && message.throttledBy === ThrottledBy.GATEWAY;
  return isLocalRefusal ? undefined : ownResponse(response, message);
}

function recordedError(error: unknown): ConnectError | undefined {
  return error instanceof ConnectError && isRecorded(reasonOf(error)) ? error : undefined;
}

function replay({ method }: UnaryRequest, outcome: UnaryResponse | ConnectError): UnaryResponse {
  if (outcome instanceof ConnectError) throw outcome;
  return ownResponse(outcome, markReplayed(method.output, outcome.message));
}

/** The router writes into the headers of what it sends. */
function ownResponse(response: UnaryResponse, message: Message): UnaryResponse {
  return { ...response, message, header: new Headers(response.header), trailer: new Headers(response.trailer) };
}

function markReplayed(schema: DescMessage, message: Message): Message {
  const copy = clone(schema, message);
  const field = schema.field.replayed;
  if (field !== undefined) reflect(schema, copy).set(field, true);
  return copy;
}
