import type * as pulumi from "@pulumi/pulumi";
import { contentHash } from "../../capabilities/content-map.ts";
import { flow } from "../../capabilities/network-flows.ts";
import { SealedSecret } from "../../capabilities/sealed-secret.ts";
import { uploadFlows } from "../../capabilities/verified-backup/upload.ts";
import { backupDefaults } from "../../capabilities/verified-backup/verified-backup.ts";
import { claimsOfPods, namedClaim } from "../../changes/declared.ts";
import type { Size } from "../../workload/units.ts";
import type { Client } from "../client.ts";
import { sayExternal } from "../external.ts";
import { type DataStore, type StoreBackup, type StorePlan, storeNetwork } from "../store.ts";
import { authorities } from "../tls.ts";
import { type ApplicationCopy, type MysqlBackupSettings, mysqlBackup } from "./backup.ts";
import type { ExternalMysql, MysqlEngine } from "./engine.ts";
import { Mysql, type MysqlArgs, mysqlDefaults } from "./mysql.ts";
import { mysqlClient } from "./mysql-client.ts";
import type { MysqlServer } from "./tools.ts";

export interface MysqlStoreArgs extends MysqlArgs {
  /** What the database takes on the server's disk: the room and the time of its backup follow from it. */
  readonly storage: Size;
  /**
   * Paths of the settings in a stack's file: those of the store, such as `bots-edi.database`, and those of its backup.
   */
  readonly settingPath: string;
  readonly backupPath: string;
  /** Labels of the Secret with a sealed password. */
  readonly labels: Readonly<Record<string, string>>;
  readonly backup: MysqlBackupSettings;
}

export interface MysqlBackup extends StoreBackup {
  /**
   * Makes the backup and its first copy once `after` is there. Each copy may hold the application's own form of the
   * data too.
   */
  first(after?: readonly pulumi.Resource[], application?: ApplicationCopy): void;
}

export interface MysqlStore extends DataStore {
  readonly backup: MysqlBackup;
}

/** The MySQL of a system on the engine its stack chose; clients see no difference. */
export function mysqlStore(name: string, engine: MysqlEngine, args: MysqlStoreArgs): StorePlan<MysqlStore> {
  const { settingPath: path, backupPath, backup } = args;
  const own = engine.kind === "in-cluster";
  const network = own
    ? storeNetwork({ app: name }, mysqlDefaults.port, { flows: [] })
    : storeNetwork({ cidr: engine.cidr }, engine.port, { flows: [] });
  return {
    network: {
      ...network,
      flows: [
        network.flowFrom(backup.name),
        ...(own ? [flow(`${name}-provision`, name, mysqlDefaults.port)] : []),
        ...uploadFlows(backup.name, backup.s3),
      ],
      selectors: { [backup.name]: backup.labels },
    },
    state: {
      volumes: [
        ...(own ? [claimsOfPods(name, `${path}.storage`, args.storage)] : []),
        namedClaim(backup.claimName, `${backupPath}.storage`, backup.storage ?? backupDefaults.storage),
      ],
      store: { name, engine: { path: `${path}.kind`, value: engine.kind }, own: "in-cluster" },
    },
    declare: (options) => (own ? ownServer(name, args, options) : external(name, engine, args, options)),
  };
}

/** A StatefulSet of the stack, with its users and its database. */
function ownServer(name: string, args: MysqlStoreArgs, options: pulumi.ComponentResourceOptions): MysqlStore {
  const { client, reader, provisioning } = new Mysql(name, args, options);
  return {
    client,
    ready: [provisioning],
    workloads: [{ kind: "StatefulSet", name, replicas: 1 }],
    ...copied(name, args, { client, reader, server: "mariadb" }, options),
  };
}

/** Somebody else's server: a client with the sealed password, and the way to it. */
function external(
  name: string,
  engine: ExternalMysql,
  args: MysqlStoreArgs,
  options: pulumi.ComponentResourceOptions,
): MysqlStore {
  const { host, port, sealedPassword: password, server } = engine;
  const { namespace, database, user, credentialName, labels, settingPath } = args;
  const sealed = password
    ? [
        new SealedSecret(
          credentialName,
          { namespace, labels, encryptedData: { password }, settingPath: `${settingPath}.sealedPassword` },
          options,
        ),
      ]
    : [];
  sayExternal(namespace, name, `${host}:${port}`, "database, user, rights or alert");
  const tls = { mode: engine.tls.mode, ...authorities(name, engine.tls, namespace, options) };
  const client = mysqlClient(
    host,
    port,
    database,
    user,
    credentialName,
    { [`credential.production-platform/${credentialName}`]: contentHash(password ?? "") },
    tls,
  );
  return { client, ready: sealed, workloads: [], ...copied(name, args, { client, reader: client, server }, options) };
}

/** Where the server is, and its backup, which the stack makes whoever runs the server. */
function copied(
  name: string,
  args: MysqlStoreArgs,
  of: { readonly client: Client; readonly reader: Client; readonly server: MysqlServer },
  options: pulumi.ComponentResourceOptions,
): Pick<MysqlStore, "location" | "backup"> {
  const { namespace, database, user, storage, storageClass, retainData, backup } = args;
  return {
    location: {
      kind: "mysql",
      name,
      service: of.client.env["MYSQL_HOST"]!,
      port: Number(of.client.env["MYSQL_PORT"]),
      database,
      user,
      backup: backup.name,
    },
    backup: {
      first: (after = [], application) =>
        mysqlBackup(
          {
            ...backup,
            ...of,
            of: name,
            namespace,
            dataSize: storage,
            ...(storageClass && { storageClass }),
            retainData,
            application,
          },
          { ...options, dependsOn: [...after] },
        ).first(),
    },
  };
}
