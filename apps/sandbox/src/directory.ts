import { randomUUID } from "node:crypto";
import type { Clock } from "./clock.ts";
import { fullStore, Refusal } from "./refusal.ts";
import type { Verifiable } from "./verification.ts";

/** Services a sandbox holds, over all accounts. */
const servicesMax = 1_000;
/** Users a sandbox holds, over all services: twice the largest service that is tested with. */
export const usersMax = 200_000;

export interface User extends Verifiable {
  readonly id: string;
  readonly phoneNumber: string;
  readonly idInService: string;
  readonly ctimeMs: number;
}

export interface Service {
  readonly id: string;
  /** Username of the account that owns it. */
  readonly account: string;
  readonly fqdn: string;
  readonly name: string;
  readonly ctimeMs: number;
  readonly users: Map<string, User>;
  readonly idsInService: Set<string>;
}

/** The services and their users. What can't be done is thrown as a `Refusal` with the documented status. */
export interface Directory {
  /** 409 where the account has a service of that name already. */
  addService(account: string, fqdn: string, name: string): Service;
  /** 404 where there is none, 403 where it is another account's. */
  service(account: string, serviceId: string): Service;
  /** As `service`, whoever owns it. */
  anyService(serviceId: string): Service;
  /** 409 while it has users. */
  removeService(service: Service): void;
  /** 409 where the service has a user with that id_in_service already. */
  addUser(service: Service, phoneNumber: string, idInService: string): User;
  /** 404 where the service has no such user. */
  user(service: Service, userId: string): User;
  removeUser(service: Service, user: User): void;
  /** Adds `count` made-up users, or none and 507 where they do not fit. */
  addMadeUpUsers(service: Service, count: number): void;
  clear(): void;
}

/** Creates an empty directory. Creating in a full one is a 507. */
export function createDirectory(clock: Clock): Directory {
  const services = new Map<string, Service>();
  let users = 0;
  let madeUpUsers = 0;

  function assertRoomForUsers(count: number): void {
    if (users + count > usersMax) throw fullStore(usersMax, "users");
  }

  function addUser(service: Service, phoneNumber: string, idInService: string): User {
    const user = { id: randomUUID(), phoneNumber, idInService, ctimeMs: clock.now() };
    service.users.set(user.id, user);
    service.idsInService.add(idInService);
    users += 1;
    return user;
  }

  function anyService(serviceId: string): Service {
    const service = services.get(serviceId);
    if (service === undefined) throw new Refusal(404, "Service was not found");
    return service;
  }

  return {
    anyService,
    addService(account, fqdn, name) {
      for (const other of services.values()) {
        if (other.account === account && other.fqdn.toLowerCase() === fqdn.toLowerCase()) {
          throw new Refusal(409, "A service with this fqdn already exists");
        }
      }
      if (services.size >= servicesMax) throw fullStore(servicesMax, "services");
      const id = randomUUID();
      const service = {
        id,
        account,
        fqdn,
        name,
        ctimeMs: clock.now(),
        users: new Map(),
        idsInService: new Set<string>(),
      };
      services.set(id, service);
      return service;
    },
    service(account, serviceId) {
      const service = anyService(serviceId);
      if (service.account !== account) throw new Refusal(403, "The service belongs to another account");
      return service;
    },
    removeService(service) {
      if (service.users.size > 0) throw new Refusal(409, "The service still has users; remove them first");
      services.delete(service.id);
    },
    addUser(service, phoneNumber, idInService) {
      if (service.idsInService.has(idInService)) {
        throw new Refusal(409, "A user with this id_in_service already exists");
      }
      assertRoomForUsers(1);
      return addUser(service, phoneNumber, idInService);
    },
    user(service, userId) {
      const user = service.users.get(userId);
      if (user === undefined) throw new Refusal(404, "User was not found");
      return user;
    },
    removeUser(service, user) {
      service.users.delete(user.id);
      service.idsInService.delete(user.idInService);
      users -= 1;
    },
    addMadeUpUsers(service, count) {
      assertRoomForUsers(count);
      for (let added = 0; added < count; ) {
        madeUpUsers += 1;
        const idInService = `user-${madeUpUsers}@example.com`;
        if (service.idsInService.has(idInService)) continue;
        addUser(service, `+1555${String(madeUpUsers).padStart(7, "0")}`, idInService);
        added += 1;
      }
    },
    clear() {
      services.clear();
      users = 0;
      madeUpUsers = 0;
    },
  };
}
