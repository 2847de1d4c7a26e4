export type { FakePin, ThrottleOptions } from "./fake-authentications.ts";
export type { FakeDisconnect, FakeFailure } from "./fake-failures.ts";
export type { FakeMethod, FakeRequest } from "./fake-requests.ts";
export { createFakeVerigate, type FakeVerigate } from "./fake-verigate.ts";
export type { FakeReason } from "./gateway-error.ts";
