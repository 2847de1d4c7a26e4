import type { WarmUp } from "./fill-compile-cache.ts";

/** What an image has of its own. All else is the same for each: Node, its libraries, the user, how it is packed. */
export interface Image {
  /** The folder below apps/ whose bundle it runs; its Dockerfile below deploy/ has the same name. */
  readonly app: string;
  /** What is run for its compile cache, each for what those before it did not load. None, where nobody waits for its start. */
  readonly warmUps: readonly WarmUp[];
}

/** An account, and nothing that would be asked before the first call. */
const settings = {
  VERIGATE_LISTEN: "127.0.0.1:0",
  VERIGATE_ADMIN_LISTEN: "127.0.0.1:0",
  VERIGATE_UPSTREAM_URL: "http://127.0.0.1:9",
  MESSENTE_API_USERNAME: "nobody",
  MESSENTE_API_PASSWORD: "nothing",
};

const gateway: Image = {
  app: "gateway",
  warmUps: [
    { args: ["serve"], env: settings, exitCode: 0 },
    {
      args: ["serve"],
      env: {
        ...settings,
        VERIGATE_REDIS_URL: "redis://127.0.0.1:9",
        VERIGATE_HASH_KEY: Buffer.alloc(32).toString("base64"),
        OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9",
      },
      exitCode: 0,
    },
    { args: ["config"], env: settings, exitCode: 0 },
    // There is nobody to ask.
    { args: ["health"], env: settings, exitCode: 1 },
  ],
};

const sandbox: Image = { app: "sandbox", warmUps: [] };

export const images: readonly Image[] = [gateway, sandbox];
