/** Answers of the upstream, as its documentation shows them. */
export const ctime = "2017-07-06T13:12:03.141Z";
export const aService = { id: "s1", name: "Shop", ctime };
export const aUser = { id: "u1", ctime, id_in_service: "anna" };

/** Requests that the contract allows. */
export const createService = { fqdn: "shop.example", name: "Shop" };
export const createUser = { serviceId: "s1", phoneNumber: "+37255555555", idInService: "anna" };
export const userOfService = { serviceId: "s1", userId: "u1" };
export const verifyPin = { ...userOfService, pin: "0123" };

/** What no caller may ever see: it stands in the upstream's answers and in the account's password. */
export const secret = "tell-nobody";
