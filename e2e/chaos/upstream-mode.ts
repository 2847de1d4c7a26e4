/** What the chaos upstream does to the connections and requests that come. It is sent to its process as JSON. */
export type UpstreamMode =
  /** Answers rightly, within some tens of milliseconds. */
  | { readonly kind: "healthy" }
  /** Resets every connection, also those that are open; no request is read. */
  | { readonly kind: "reset-before" }
  /** Reads the whole request, carries it out, and resets; of so many in a hundred requests. */
  | { readonly kind: "reset-after"; readonly percent: number }
  /** Carries it out, sends a whole head and half of the body, and ends the connection. */
  | { readonly kind: "cut" }
  /** Carries it out, and sends one byte of the answer at a time. */
  | { readonly kind: "slow"; readonly everyMs: number }
  /** Carries it out, and answers with this status. */
  | { readonly kind: "status"; readonly status: number }
  /** Refuses before anything is carried out, with Retry-After where that is given, in seconds. */
  | { readonly kind: "too-many"; readonly retryAfter?: number }
  /** Carries it out, and answers what must not be understood as a success. */
  | { readonly kind: "nonsense" }
  /** Closes all connections but so many, and every further one. */
  | { readonly kind: "few-connections"; readonly connectionsMax: number }
  /** Answers TLS handshakes with other bytes; ends open connections. */
  | { readonly kind: "garbage" }
  /** Never answers these operations, not even later; all others as ever. */
  | { readonly kind: "hang"; readonly operations: readonly string[] }
  /** Shows a certificate that nobody has reason to trust; ends open connections. */
  | { readonly kind: "wrong-certificate" };
