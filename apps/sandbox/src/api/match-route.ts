import { type Route, routes } from "./routes.ts";

/** The call a request is for, with the ids of its path decoded. */
export interface RouteMatch {
  readonly route: Route;
  readonly serviceId: string;
  readonly userId: string;
}

/** Finds the call of a method and path. An escaped slash is part of an id; a malformed escape matches nothing. */
export function matchRoute(method: string, path: string): RouteMatch | undefined {
  const route = routes.find((candidate) => candidate.method === method && candidate.path.test(path));
  if (route === undefined) return undefined;
  const { serviceId = "", userId = "" } = route.path.exec(path)?.groups ?? {};
  try {
    return { route, serviceId: decodeURIComponent(serviceId), userId: decodeURIComponent(userId) };
  } catch {
    return undefined;
  }
}
