export { textFromListenAddress } from "@verigate/rpc-server";
export { type Server, type ServerOptions, startServer } from "./server.ts";
export { type Config, configFromEnv, type Env } from "./settings/config-from-env.ts";
export { ConfigMistakes } from "./settings/config-mistakes.ts";
export { type Setting, settings } from "./settings/settings.ts";
