import { flow } from "../../capabilities/network-flows.ts";
import { uploadFlows } from "../../capabilities/verified-backup/upload.ts";
import { type BackupArgs, backupDefaults } from "../../capabilities/verified-backup/verified-backup.ts";
import { claimsOfPods, namedClaim } from "../../changes/declared.ts";
import type { Client } from "../client.ts";
import { type ExternalServer, sayExternal } from "../external.ts";
import { type StoreLocation, type StorePlan, type StoreState, storeNetwork } from "../store.ts";
import { authorities, type TlsMode } from "../tls.ts";
import { redisBackup } from "./backup.ts";
import { redisCheck } from "./check.ts";
import { Redis, type RedisArgs, redisDefaults } from "./redis.ts";

interface ExternalRedis extends ExternalServer<TlsMode> {
  /** User of the server's access list. @default the one named default */
  readonly user?: string | undefined;
}

/** Who runs the server: this stack, or somebody else. */
export type RedisEngine = { readonly kind: "in-cluster" } | ExternalRedis;

export type RedisStoreArgs = RedisArgs & {
  readonly namespace: string;
  /** Path of its settings in a stack's file, such as `bgc-platform.redis`. */
  readonly settingPath: string;
  /** @default a cache that can be filled again, and no copy of it */
  readonly backup?: BackupArgs & { readonly storageClass?: string; readonly retainData: boolean };
};

const { port } = redisDefaults;

/** The Redis of a system on the engine its stack chose; clients see no difference. */
export const redisStore = (name: string, engine: RedisEngine, args: RedisStoreArgs): StorePlan =>
  engine.kind === "in-cluster" ? ownServer(name, args) : external(name, engine, args);

/** A server of the stack: a Deployment where it is a cache, a StatefulSet where it holds state. */
const ownServer = (name: string, args: RedisStoreArgs): StorePlan => ({
  network: storeNetwork({ app: name }, port, {
    flows: args.backup ? [flow(`${name}-backup`, name, port), ...uploadFlows(`${name}-backup`, args.backup.s3)] : [],
  }),
  state: state(name, "in-cluster", args, [
    ...(args.role === "state" ? [claimsOfPods(name, `${args.settingPath}.storage`, args.persistence.storage)] : []),
    ...(args.backup
      ? [
          namedClaim(
            `${name}-backup`,
            `${args.settingPath}.backup.storage`,
            args.backup.storage ?? backupDefaults.storage,
          ),
        ]
      : []),
  ]),
  declare: (options) => {
    const redis = new Redis(name, args, options);
    const { namespace, maxMemory = redisDefaults.maxMemory, backup } = args;
    return {
      client: redis.client,
      ready: [redis.workload],
      workloads: [{ kind: args.role === "cache" ? "Deployment" : "StatefulSet", name, replicas: 1 }],
      location: { ...location(name, args), ...(backup && { backup: `${name}-backup` }) },
      backup:
        backup &&
        redisBackup(
          `${name}-backup`,
          { ...backup, of: name, namespace, maxMemory, client: redis.client },
          { ...options, dependsOn: [redis] },
        ),
    };
  },
});

/** Somebody else's server: a client, the way to it, and a job that looks whether the server is fit for its role. */
const external = (
  name: string,
  { host, port: at, cidr, user, passwordSecret, tls }: ExternalRedis,
  args: RedisStoreArgs,
): StorePlan => {
  const network = storeNetwork({ cidr }, at, { flows: [] });
  return {
    network: { ...network, flows: [network.flowFrom(`${name}-check`)] },
    state: state(name, "external", args, []),
    declare: (options) => {
      const { namespace, role } = args;
      sayExternal(namespace, name, `${host}:${at}`, "limit of memory, backup or alert");
      const { file, mounts } = authorities(name, tls, namespace, options);
      const client: Client = {
        env: {
          REDIS_HOST: host,
          REDIS_PORT: String(at),
          REDIS_PASSWORD_FILE: "/credentials/redis/password",
          ...(user && { REDIS_USERNAME: user }),
          REDIS_TLS_MODE: tls.mode,
          ...(file && { REDIS_TLS_CA: file }),
        },
        mounts: [{ path: "/credentials/redis", secret: passwordSecret }, ...mounts],
        annotations: {},
      };
      return {
        client,
        ready: [redisCheck(`${name}-check`, { namespace, client, role }, options)],
        workloads: [],
        location: { ...location(name, args), service: host, port: at },
      };
    },
  };
};

const location = (name: string, { role, serviceName }: RedisArgs): StoreLocation => ({
  kind: role === "cache" ? "redis-cache" : "redis-state",
  name,
  service: serviceName,
  port,
});

/** A cache has no volume, and may go to any engine. */
const state = (
  name: string,
  engine: RedisEngine["kind"],
  { role, settingPath }: RedisStoreArgs,
  volumes: StoreState["volumes"],
): StoreState => ({
  volumes,
  ...(role === "state" && {
    store: { name, engine: { path: `${settingPath}.engine.kind`, value: engine }, own: "in-cluster" as const },
  }),
});
