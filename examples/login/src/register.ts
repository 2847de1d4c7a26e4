import { ErrorReason, isOutcomeUnknown, reasonOf, type VerigateClient } from "@verigate/client";

/** The id of the user that the service knows as `username`. */
export async function findUserId(
  verigate: VerigateClient,
  serviceId: string,
  username: string,
): Promise<string | undefined> {
  // An empty filter would list all users.
  if (username === "") return undefined;
  const { users } = await verigate.users.listUsers({ serviceId, idInService: username });
  return users[0]?.id;
}

/** Registers a user, or finds the one that is registered already. */
export async function registerUser(
  verigate: VerigateClient,
  user: { serviceId: string; username: string; phoneNumber: string },
): Promise<string> {
  const { serviceId, username, phoneNumber } = user;
  try {
    const created = await verigate.users.createUser({ serviceId, phoneNumber, idInService: username });
    if (created.user !== undefined) return created.user.id;
  } catch (error) {
    // Either way the user may be there.
    if (reasonOf(error) !== ErrorReason.USER_EXISTS && !isOutcomeUnknown(error)) throw error;
  }
  const userId = await findUserId(verigate, serviceId, username);
  if (userId === undefined) throw new Error(`the user ${username} could not be registered; try again`);
  return userId;
}

/** Registers this service. Its id belongs into the configuration: it can't be looked up later. */
export async function registerService(verigate: VerigateClient, fqdn: string, name: string): Promise<string> {
  try {
    const { service } = await verigate.services.createService({ fqdn, name });
    if (service !== undefined) return service.id;
  } catch (error) {
    if (reasonOf(error) !== ErrorReason.SERVICE_EXISTS) throw error;
  }
  throw new Error(`${fqdn} is registered already; set LOGIN_SERVICE_ID to its id`);
}
