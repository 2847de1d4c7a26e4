import { randomUUID } from "node:crypto";
import { AuthMethod } from "@verigate/contract";
import { emptyRedis } from "./empty-redis.ts";
import { type Episode, settled } from "./stage.ts";

export const storeTrouble: Episode = {
  title: "the shared store hangs",
  async run({ caller: { services, users, auth }, redis, serviceId, userId, phones }, round) {
    if (redis === undefined) {
      return;
    }
    const create = () => services.createService({ fqdn: "store.example", name: "Store", requestId: randomUUID() });
    redis.freeze();
    await settled(...Array.from({ length: 5 }, create));
    await settled(services.getService({ serviceId }));
    // Without a request_id: what limits count is refused, and a user is created whose phone is not remembered.
    await settled(
      auth.initiateAuth({ serviceId, userId, method: AuthMethod.SMS }),
      users.createUser({ serviceId, phoneNumber: phones.next(), idInService: `store-${randomUUID()}` }),
    );
    redis.thaw();
    // Once only: with the rest it forgets the logins that nobody finishes, which count after ten minutes.
    if (round === 0) {
      await emptyRedis(redis.options.port);
    }
    await settled(...Array.from({ length: 5 }, create));
  },
};
