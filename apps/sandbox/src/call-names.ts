/** The nine documented calls, as faults and the request log name them. */
export const callNames = [
  "createService",
  "getService",
  "deleteService",
  "createUser",
  "listUsers",
  "getUser",
  "deleteUser",
  "initiateAuth",
  "verifyPin",
] as const;

export type CallName = (typeof callNames)[number];
