import type { SystemState } from "../changes/declared.ts";
import type { PostgresEngine } from "../data/postgres/engine.ts";
import { type PostgresStoreArgs, postgresStore } from "../data/postgres/store.ts";
import { type RedisEngine, type RedisStoreArgs, redisStore } from "../data/redis/store.ts";
import type { StorePlan } from "../data/store.ts";
import type { Size } from "../workload/units.ts";
import { type BackupSettings, backupArgs, containerResources, type ResourceSettings } from "./setting-types.ts";
import type { SystemContext } from "./target.ts";

interface PostgresSettings {
  readonly engine: PostgresEngine;
  readonly storage: Size;
  readonly maxConnections: number;
  readonly rotation: number;
  readonly resources: ResourceSettings;
  readonly backup: BackupSettings;
}

type OwnPostgres = Pick<
  PostgresStoreArgs,
  "namespace" | "settingPath" | "serviceName" | "labels" | "database" | "user" | "credentialName" | "extensions"
>;

/** A system's PostgreSQL: what its settings and the stack say of it, and what is the system's own. */
export const postgresOf = (
  { engine, storage, maxConnections, rotation, resources, backup }: PostgresSettings,
  context: SystemContext,
  own: OwnPostgres,
): StorePlan =>
  postgresStore("postgres", engine, {
    ...own,
    storage,
    maxConnections,
    rotation,
    resources: containerResources(resources, "1Gi"),
    ...context.storage,
    backup: backupArgs(backup),
    retainData: context.retainData,
  });

interface CacheSettings {
  readonly engine: RedisEngine;
  readonly maxMemory: Size;
  readonly rotation: number;
  /** @default the cache is not copied */
  readonly backup?: BackupSettings;
}

type OwnRedis = Pick<RedisStoreArgs, "namespace" | "settingPath" | "labels">;

/** A system's Redis that may lose its data. */
export const cacheOf = (
  { engine, maxMemory, rotation, backup }: CacheSettings,
  context: SystemContext,
  own: OwnRedis,
): StorePlan =>
  redisStore("redis", engine, {
    ...own,
    role: "cache",
    serviceName: "redis",
    maxMemory,
    rotation,
    ...(backup && { backup: copiesOf(backup, context) }),
  });

/** Copies of a Redis, with what the stack says of volumes. */
export const copiesOf = (backup: BackupSettings, { storage, retainData }: SystemContext) => ({
  ...backupArgs(backup),
  ...storage,
  retainData,
});

/** What the stores of a system are, and the volumes that it has beside them. */
export const stateOf = (plans: readonly StorePlan[], volumes: SystemState["volumes"] = []): SystemState => ({
  volumes: [...plans.flatMap(({ state }) => state.volumes), ...volumes],
  stores: plans.flatMap(({ state }) => state.store ?? []),
  kafkas: plans.flatMap(({ state }) => state.kafka ?? []),
});
