import type * as pulumi from "@pulumi/pulumi";
import type { Flow } from "../../capabilities/network-flows.ts";
import type { Client } from "../client.ts";
import { type ExternalServer, sayExternal } from "../external.ts";
import { authorities, type TlsMode } from "../tls.ts";
import { redisCheck } from "./check.ts";
import { Redis, type RedisArgs, redisDefaults } from "./redis.ts";

/** Who runs the server: this stack, or somebody else. */
export type RedisEngine =
  | { readonly kind: "in-cluster" }
  | (ExternalServer<TlsMode> & {
    /** User of the server's access list. @default the one named default */
    readonly user?: string | undefined;
  });

/** A Redis that clients can use, whoever runs it. */
export interface RedisStore {
  readonly client: Client;
  readonly location: { readonly service: string; readonly port: number };
  /** What must be there before a client can log in. */
  readonly ready: readonly pulumi.Resource[];
  /** The stack's own server. */
  readonly own?: Redis;
}

/** The Redis of a system on the engine its stack chose; the outputs are the same. */
export function redisStore(name: string, engine: RedisEngine, args: RedisArgs, options: pulumi.ComponentResourceOptions): RedisStore {
  if (engine.kind === "in-cluster") {
    const own = new Redis(name, args, options);
    return { client: own.client, location: { service: args.serviceName, port: redisDefaults.port }, ready: [own.workload], own };
  }
  const { host, port, user, passwordSecret, tls } = engine;
  sayExternal(args.namespace, name, `${host}:${port}`, "limit of memory, backup or alert");
  const { file, mounts } = authorities(name, tls, args.namespace, options);
  const client: Client = {
    env: {
      REDIS_HOST: host, REDIS_PORT: String(port), REDIS_PASSWORD_FILE: "/credentials/redis/password", ...(user && { REDIS_USERNAME: user }),
      REDIS_TLS_MODE: tls.mode, ...(file && { REDIS_TLS_CA: file }),
    },
    mounts: [{ path: "/credentials/redis", secret: passwordSecret }, ...mounts],
    annotations: {},
  };
  return { client, location: { service: host, port }, ready: [redisCheck(`${name}-check`, { namespace: args.namespace, client, role: args.role }, options)] };
}

/** A system's flows with those to its Redis leading to where the engine has it. */
export function redisFlows(name: string, engine: RedisEngine, flows: readonly Flow[]): Flow[] {
  if (engine.kind === "in-cluster") return [...flows];
  const to = { cidr: engine.cidr };
  const clients = flows.filter(({ from }) => !("app" in from && from.app === `${name}-backup`));
  return [...clients.map((flow) => ("app" in flow.to && flow.to.app === name ? { ...flow, to, ports: [engine.port] } : flow)), { from: { app: `${name}-check` }, to, ports: [engine.port] }];
}
