import { randomUUID } from "node:crypto";
import { emptyRedis } from "./empty-redis.ts";
import { type Episode, settled } from "./stage.ts";

export const storeTrouble: Episode = {
  title: "the shared store hangs",
  async run({ caller: { services }, redis, serviceId }, round) {
    if (redis === undefined) {
      return;
    }
    const create = () => services.createService({ fqdn: "store.example", name: "Store", requestId: randomUUID() });
    redis.freeze();
    await settled(...Array.from({ length: 5 }, create));
    await settled(services.getService({ serviceId }));
    redis.thaw();
    // Once only: with the rest it forgets the logins that nobody finishes, which count after ten minutes.
    if (round === 0) {
      await emptyRedis(redis.options.port);
    }
    await settled(...Array.from({ length: 5 }, create));
  },
};
