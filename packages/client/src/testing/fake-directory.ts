import { create } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import {
  ErrorReason,
  type Service,
  type ServiceAPI,
  ServiceSchema,
  type User,
  type UserAPI,
  UserSchema,
} from "@verigate/contract";
import { gatewayError } from "./gateway-error.ts";
import { pageOf } from "./user-page.ts";

/** Services and their users, in memory. */
export interface FakeDirectory {
  readonly services: ServiceImpl<typeof ServiceAPI>;
  readonly users: ServiceImpl<typeof UserAPI>;
  /** Throws USER_NOT_FOUND. */
  user(serviceId: string, userId: string): User;
}

interface Entry {
  readonly service: Service;
  readonly fqdn: string;
  /** By id. */
  readonly users: Map<string, User>;
}

export function createDirectory(): FakeDirectory {
  const entries = new Map<string, Entry>();
  let made = 0;
  // Ids are opaque. These are easy to read in a failed test, and sort in the order they were made.
  const newId = (kind: string) => `${kind}-${String(++made).padStart(6, "0")}`;

  const entry = (serviceId: string): Entry => {
    const found = entries.get(serviceId);
    if (found === undefined) throw gatewayError(ErrorReason.SERVICE_NOT_FOUND);
    return found;
  };
  const user = (serviceId: string, userId: string): User => {
    const found = entries.get(serviceId)?.users.get(userId);
    if (found === undefined) throw gatewayError(ErrorReason.USER_NOT_FOUND);
    return found;
  };

  return {
    user,
    services: {
      createService({ fqdn, name }) {
        if ([...entries.values()].some((one) => one.fqdn === fqdn)) throw gatewayError(ErrorReason.SERVICE_EXISTS);
        const service = create(ServiceSchema, { id: newId("service"), name, createTime: timestampNow() });
        entries.set(service.id, { service, fqdn, users: new Map() });
        return { service };
      },
      getService: ({ serviceId }) => ({ service: entry(serviceId).service }),
      deleteService({ serviceId }) {
        if (entry(serviceId).users.size > 0) throw gatewayError(ErrorReason.SERVICE_NOT_EMPTY);
        entries.delete(serviceId);
        return {};
      },
    },
    users: {
      createUser({ serviceId, idInService }) {
        const { users } = entry(serviceId);
        if ([...users.values()].some((one) => one.idInService === idInService)) {
          throw gatewayError(ErrorReason.USER_EXISTS);
        }
        const created = create(UserSchema, { id: newId("user"), idInService, createTime: timestampNow() });
        users.set(created.id, created);
        return { user: created };
      },
      getUser: ({ serviceId, userId }) => ({ user: user(serviceId, userId) }),
      listUsers: (request) => pageOf([...entry(request.serviceId).users.values()], request),
      deleteUser({ serviceId, userId }) {
        user(serviceId, userId);
        entries.get(serviceId)?.users.delete(userId);
        return {};
      },
    },
  };
}
