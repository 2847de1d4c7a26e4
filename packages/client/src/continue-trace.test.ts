import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { startTestGateway } from "./test/test-gateway.ts";

/** Makes `@opentelemetry/api` a package that is not installed. */
const withoutApi = `
  import { registerHooks } from "node:module";
  registerHooks({
    resolve(name, context, next) {
      return next(name === "@opentelemetry/api" ? "@opentelemetry/not-installed" : name, context);
    },
  });
`;

const program = `
  import { createVerigateClient } from ${JSON.stringify(new URL("./index.ts", import.meta.url).href)};
  const client = createVerigateClient({ address: process.env.ADDRESS });
  const { verified } = await client.auth.verifyPin({ serviceId: "s1", userId: "u1", pin: "0123" });
  console.log(verified);
  client.close();
`;

it("a program without OpenTelemetry calls as ever, and sends no trace", async () => {
  const traceparents: unknown[] = [];
  const gateway = await startTestGateway({
    auth: {
      verifyPin(_, { requestHeader }) {
        traceparents.push(requestHeader.get("traceparent"));
        return { verified: true };
      },
    },
  });
  onTestFinished(() => gateway[Symbol.asyncDispose]());
  const hook = `data:text/javascript,${encodeURIComponent(withoutApi)}`;
  const args = ["--conditions=@verigate/source", "--import", hook, "--input-type=module", "--eval", program];
  const child = spawn(process.execPath, args, { env: { ADDRESS: `http://127.0.0.1:${gateway.port}` } });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);

  expect({ stdout, stderr }).toEqual({ stdout: "true\n", stderr: "" });
  expect(traceparents).toEqual([null]);
});
