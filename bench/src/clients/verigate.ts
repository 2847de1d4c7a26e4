/** Our client as its documentation has it: request ids, outcomes, repeats of what was refused unseen. */
import { createVerigateClient } from "@verigate/client";
import { clientArguments } from "./client-arguments.ts";
import { runClient } from "./client-loop.ts";

const { port, calls } = clientArguments();
const client = createVerigateClient({ address: `http://127.0.0.1:${port}` });
await runClient((request) => client.auth.verifyPin(request), calls);
client.close();
