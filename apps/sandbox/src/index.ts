export type { Account } from "./accounts.ts";
export { createSandbox, type Sandbox } from "./sandbox.ts";
export { type SandboxOptions, SandboxOptionsError } from "./sandbox-options.ts";
export { sandboxOptionsFromEnv } from "./sandbox-options-from-env.ts";
export type { Switches } from "./switches.ts";
