import { flow } from "../../capabilities/network-flows.ts";
import { uploadFlows } from "../../capabilities/verified-backup/upload.ts";
import { backupDefaults } from "../../capabilities/verified-backup/verified-backup.ts";
import { claimsOfOperator, claimsOfPods, namedClaim } from "../../changes/declared.ts";
import { type ExternalServer, sayExternal } from "../external.ts";
import { type StoreLocation, type StorePlan, type StoreState, storeNetwork } from "../store.ts";
import { authorities } from "../tls.ts";
import { CloudNativePostgres, cloudNativeFlows } from "./cloud-native.ts";
import type { CloudNativeEngine, PostgresEngine } from "./engine.ts";
import { Postgres, type PostgresArgs, postgresDefaults } from "./postgres.ts";
import { type PostgresTls, postgresClient } from "./postgres-client.ts";

export interface PostgresStoreArgs extends PostgresArgs {
  /** Path of its settings in a stack's file, such as `bgc-platform.postgres`. */
  readonly settingPath: string;
}

const { port } = postgresDefaults;

/** The database of a system on the engine its stack chose; clients see no difference. */
export function postgresStore(name: string, engine: PostgresEngine, args: PostgresStoreArgs): StorePlan {
  if (engine.kind === "external") return external(name, engine, args);
  return engine.kind === "statefulset" ? ownServer(name, args) : operated(name, engine, args);
}

/** A StatefulSet of the stack, with its roles, its database and its backup. */
const ownServer = (name: string, args: PostgresStoreArgs): StorePlan => ({
  network: storeNetwork({ app: name }, port, {
    flows: [
      flow(`${name}-provision`, name, port),
      flow(`${name}-backup`, name, port),
      ...uploadFlows(`${name}-backup`, args.backup.s3),
    ],
  }),
  state: state(name, "statefulset", args, [
    claimsOfPods(name, `${args.settingPath}.storage`, args.storage ?? postgresDefaults.storage),
    namedClaim(`${name}-backup`, `${args.settingPath}.backup.storage`, args.backup.storage ?? backupDefaults.storage),
  ]),
  declare: (options) => {
    const { client, provisioning, backup } = new Postgres(name, args, options);
    return {
      client,
      ready: [provisioning],
      workloads: [{ kind: "StatefulSet", name, replicas: 1 }],
      location: { ...location(name, args), backup: `${name}-backup` },
      backup,
    };
  },
});

/** CloudNativePG's cluster. The operator makes roles and copies, and its pods upload them. */
const operated = (name: string, engine: CloudNativeEngine, args: PostgresStoreArgs): StorePlan => ({
  network: storeNetwork({ app: name }, port, {
    flows: [...cloudNativeFlows(name, engine), ...uploadFlows(name, args.backup.s3)],
    selectors: { [name]: { "cnpg.io/cluster": name } },
  }),
  state: state(name, engine.kind, args, [
    claimsOfOperator(name, `${args.settingPath}.storage`, args.storage ?? postgresDefaults.storage),
  ]),
  declare: (options) => {
    const postgres = new CloudNativePostgres(name, { ...args, engine }, options);
    return { client: postgres.client, ready: [postgres], workloads: [], location: location(name, args) };
  },
});

/** Somebody else's server: a client and the way to it. */
const external = (
  name: string,
  { host, port: at, cidr, passwordSecret, tls }: ExternalServer<PostgresTls["mode"]>,
  args: PostgresStoreArgs,
): StorePlan => ({
  network: storeNetwork({ cidr }, at, { flows: [] }),
  state: state(name, "external", args, []),
  declare: (options) => {
    sayExternal(args.namespace, name, `${host}:${at}`, "database, role, backup or alert");
    const client = postgresClient(
      host,
      at,
      args,
      passwordSecret,
      {},
      { mode: tls.mode, ...authorities(name, tls, args.namespace, options) },
    );
    return { client, ready: [], workloads: [], location: { ...location(name, args), service: host, port: at } };
  },
});

const location = (name: string, { database, user, serviceName }: PostgresArgs): StoreLocation => ({
  kind: "postgres",
  name,
  database,
  user,
  service: serviceName,
  port,
});

const state = (
  name: string,
  engine: PostgresEngine["kind"],
  { settingPath }: PostgresStoreArgs,
  volumes: StoreState["volumes"],
): StoreState => ({
  volumes,
  store: { name, engine: { path: `${settingPath}.engine.kind`, value: engine }, own: "statefulset" },
});
