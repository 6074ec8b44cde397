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
  /** Asked by kubelets and not by users: neither measured nor logged as traffic. @default false */
  readonly probe?: boolean;
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
  /** What that endpoint's `status` says when all is well. @default "ok" */
  readonly healthyWord?: string;
  /** How the public health endpoint says that something required is missing. @default "unavailable" */
  readonly missingWord?: string;
  /** Environment variables the role reads besides the server's own. */
  readonly variables: Variables;
  start(environment: z.output<Variables>, runtime: Runtime): Promise<Service>;
}

/** A program that does one thing and ends, such as a migration. It has no port and no probes. */
export interface Task<Variables extends z.ZodObject = z.ZodObject> {
  /** Value of ROLE, and the program's name in logs. */
  readonly name: string;
  readonly version: string;
  readonly variables: Variables;
  /**
   * Rejects when the work failed. `signal` fires on SIGTERM: what has begun is finished or undone, nothing new begins.
   */
  run(environment: z.output<Variables>, runtime: Runtime & { readonly signal: AbortSignal }): Promise<void>;
}

/** What a bundle can be told to be by ROLE. */
export type Program = Role | Task;
