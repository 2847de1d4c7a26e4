/** A request whose call and account are known. */
export interface ApiRequest {
  /** Username of the account that sent it. */
  readonly account: string;
  /** Decoded; empty where the call's path has none. */
  readonly serviceId: string;
  /** Decoded; empty where the call's path has none. */
  readonly userId: string;
  readonly body: Buffer;
}
