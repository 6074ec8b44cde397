import { HttpProblem } from "../http/problem.ts";
import type { Route } from "../role.ts";

/** When a client may try again, in s. */
const retryAfter = 300;

/** The routes of a service that only reads for now (P10). */
export const readOnly = (routes: readonly Route[]): Route[] =>
  routes.map((route) => (route.method === "GET" ? route : { ...route, handle: refuse }));

function refuse(): never {
  throw new HttpProblem(503, "maintenance", "Nothing can be changed during maintenance.", {
    headers: { "retry-after": String(retryAfter) },
  });
}
