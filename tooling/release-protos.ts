/** The last step of `pnpm release:version`: the protos become the ones that later changes are compared with. */
import { releaseProtos } from "./released-protos.ts";

releaseProtos(process.cwd());
