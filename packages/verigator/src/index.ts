export { type AnswerRead, createVerigator, type Verigator, type VerigatorOptions } from "./create-verigator.ts";
export { type Account, type Credentials, createCredentials } from "./credentials.ts";
export type { Endpoint } from "./endpoints.ts";
export * as endpoints from "./endpoints.ts";
export type { Instant } from "./instant.ts";
export type { Initiation, Method, Service, User, Verification } from "./shapes.ts";
export { createUndiciExchange, type UndiciExchange, type UndiciExchangeOptions } from "./undici-exchange.ts";
export { UserList } from "./user-list.ts";
export { decodeUserList } from "./user-list-decoder.ts";
