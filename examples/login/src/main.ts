import { createVerigateClient } from "@verigate/client";
import { createLoginServer } from "./login-server.ts";
import { registerService, registerUser } from "./register.ts";

const { env } = process;
const verigate = createVerigateClient({ address: env.VERIGATE_ADDRESS ?? "http://127.0.0.1:8080" });
const username = env.LOGIN_USERNAME ?? "anna";
const phoneNumber = env.LOGIN_PHONE_NUMBER ?? "+4401234567";

const serviceId = env.LOGIN_SERVICE_ID ?? (await registerService(verigate, "coffeeshop.com", "Coffee Shop"));
await registerUser(verigate, { serviceId, username, phoneNumber });

const server = createLoginServer({ verigate, serviceId });
server.listen(Number(env.LOGIN_PORT ?? 8090), "127.0.0.1", () => {
  console.log(`${username} of service ${serviceId} can log in at`, server.address());
});

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => server.close(() => verigate.close()));
}
