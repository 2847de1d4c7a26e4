/** The framework's own router on Node's HTTP/2 server, undici's `request`, and no feature at all. */
import { createServer } from "node:http2";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { AuthAPI } from "@verigate/contract";
import { responseFromAnswer, upstreamBody, upstreamPath } from "../verify-pin.ts";
import { createPutUpstream } from "./put-upstream.ts";
import { serverArguments } from "./server-arguments.ts";

const { port, upstream } = serverArguments();
const put = createPutUpstream(upstream);

const adapter = connectNodeAdapter({
  routes: (router) => {
    router.service(AuthAPI, {
      verifyPin: async (request) => responseFromAnswer(await put(upstreamPath(request), upstreamBody(request))),
    });
  },
});
createServer(adapter).listen(port, "127.0.0.1");
