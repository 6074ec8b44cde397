import type { HttpBindings } from "@hono/node-server";
import type { Context } from "hono";
import type { Logger } from "pino";
import type * as z from "zod";
import type { Check } from "./http/health.ts";
import type { Metrics } from "./observability/metrics.ts";

/** What every handler finds in its request context. */
export interface AppEnvironment {
  Bindings: HttpBindings;
  Variables: { requestId: string; route: string };
}

export type RequestContext = Context<AppEnvironment>;

/** One endpoint. Another method on the same path is answered with 405. */
export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly handle: (context: RequestContext) => Response | Promise<Response>;
}

/** What the server gives to the role it runs. */
export interface Runtime {
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** A role at work. */
export interface Service {
  readonly routes: readonly Route[];
  /** What the role depends on: decides readiness and health. */
  readonly checks: readonly Check[];
  /** More that the public health endpoint tells about the role. */
  readonly about?: () => Readonly<Record<string, unknown>>;
  /** Releases connections, after the last request was answered. */
  close(): Promise<void>;
}

/** An application whose HTTP contract the server can keep. */
export interface Role<Variables extends z.ZodObject = z.ZodObject> {
  /** Value of ROLE, and the service's name in logs and health answers. */
  readonly name: string;
  /** Release of the application whose contract this is. */
  readonly version: string;
  /** Path of the application's public health endpoint. */
  readonly healthPath: string;
  /** Environment variables the role reads besides the server's own. */
  readonly variables: Variables;
  start(environment: z.output<Variables>, runtime: Runtime): Promise<Service>;
}
