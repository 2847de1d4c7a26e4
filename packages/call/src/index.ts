export type { Answer, Attempt, AttemptSignal, Exchange, OperationClass, RetryClass } from "./attempt.ts";
export {
  type Call,
  createProgress,
  type Peer,
  type PeerCertificate,
  type Progress,
  type Protocol,
  unknownCaller,
  usefulMs,
} from "./call.ts";
export { type Clock, systemClock, type Timer } from "./clock.ts";
export { after, type Eventual, rejecting } from "./eventual.ts";
export {
  Fault,
  type FaultKind,
  type FaultOptions,
  type FaultOwner,
  type FaultQuota,
  type FaultResource,
  type FieldViolation,
  faultFromError,
  faultOwners,
  isFault,
} from "./fault.ts";
export { retryAfterMsFromHeaders } from "./retry-after.ts";
export { sleep } from "./sleep.ts";
export { type Handler, type Layer, stack } from "./stack.ts";
