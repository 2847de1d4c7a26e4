import type { ServiceAPI } from "@verigate/contract";
import type { Provider, Service } from "../provider.ts";
import type { Operations } from "./operations.ts";
import { timestampFromInstant } from "./timestamp.ts";

export function serviceOperations(provider: Provider): Operations<typeof ServiceAPI> {
  return {
    async createService({ fqdn, name }, { progress }) {
      return { service: messageFromService(await provider.createService({ fqdn, name }, progress)) };
    },
    async getService({ serviceId }, { progress }) {
      return { service: messageFromService(await provider.getService({ serviceId }, progress)) };
    },
    async deleteService({ serviceId }, { progress }) {
      await provider.deleteService({ serviceId }, progress);
      return {};
    },
  };
}

function messageFromService({ id, name, createTime }: Service) {
  return { id, name, createTime: timestampFromInstant(createTime) };
}
