/** connect-node's own client, over gRPC, and no feature at all. */
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { AuthAPI } from "@verigate/contract";
import { clientArguments } from "./client-arguments.ts";
import { runClient } from "./client-loop.ts";

const { port, calls } = clientArguments();
const baseUrl = `http://127.0.0.1:${port}`;
const sessionManager = new Http2SessionManager(baseUrl);
const client = createClient(AuthAPI, createGrpcTransport({ baseUrl, sessionManager }));
await runClient((request) => client.verifyPin(request), calls);
sessionManager.abort();
