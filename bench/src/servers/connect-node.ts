/** The framework's own router on Node's HTTP/2 or HTTP/1.1 server, undici's `request`, and no feature at all. */
import { createServer as createHttp1Server } from "node:http";
import { createServer } from "node:http2";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { AuthAPI } from "@verigate/contract";
import { responseFromAnswer, upstreamBody, upstreamPath } from "../verify-pin.ts";
import { createPutUpstream } from "./put-upstream.ts";
import { serverArguments } from "./server-arguments.ts";

const { port, upstream, door } = serverArguments();
const put = createPutUpstream(upstream);

const adapter = connectNodeAdapter({
  routes: (router) => {
    router.service(AuthAPI, {
      verifyPin: async (request) => responseFromAnswer(await put(upstreamPath(request), upstreamBody(request))),
    });
  },
});
const server = door === "grpc" ? createServer(adapter) : createHttp1Server(adapter);
server.listen(port, "127.0.0.1");
