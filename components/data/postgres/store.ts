import * as pulumi from "@pulumi/pulumi";
import type { Flow } from "../../capabilities/network-flows.ts";
import type { VerifiedBackup } from "../../capabilities/verified-backup/verified-backup.ts";
import type { Client } from "../client.ts";
import { type ExternalServer, sayExternal } from "../external.ts";
import { authorities } from "../tls.ts";
import { CloudNativePostgres, cloudNativeFlows } from "./cloud-native.ts";
import { Postgres, type PostgresArgs, postgresDefaults } from "./postgres.ts";
import { type PostgresTls, postgresClient } from "./postgres-client.ts";

/** The CloudNativePG operator runs the servers, and its plugin archives what they write. */
export interface CloudNativeEngine {
  readonly kind: "cloudnative-pg";
  /** One that writes and others that follow and take over. With three or more a failover loses no acknowledged write. */
  readonly instances: number;
  /** Addresses of the API server, which every instance talks to. */
  readonly apiServerCidr: string;
  /** Ports at which it listens there. */
  readonly apiServerPorts: readonly number[];
  /** Name that the server archives under. A server that takes the place of a lost one needs a new one. @default the cluster's name */
  readonly serverName?: string;
  /**
   * Makes the cluster from an archive instead of empty (B12), and says nothing to a cluster that is there. `fromServerName` is the lost
   * server's name in the archive; `targetTime`, such as "2026-03-01T12:00:00Z", is the moment to go back to. @default all that was archived
   */
  readonly recovery?: { readonly fromServerName: string; readonly targetTime?: string };
}

/** Who runs the server: a StatefulSet of this stack, the CloudNativePG operator, or somebody else. */
export type PostgresEngine =
  | { readonly kind: "statefulset" }
  | CloudNativeEngine
  | ExternalServer<PostgresTls["mode"]>;

/** A database that clients can use, whoever runs it. */
export interface PostgresStore {
  readonly client: Client;
  /** Where operations find it, and its backup where the stack runs one. */
  readonly location: { readonly service: string; readonly port: number; readonly backup?: string };
  /** What must be there before a client can log in. */
  readonly ready: readonly pulumi.Resource[];
  /** The stack's own backup; an operator or the server's owner makes copies of the others. */
  readonly backup?: VerifiedBackup;
}

/** The database of a system on the engine its stack chose; the outputs are the same. */
export function postgresStore(name: string, engine: PostgresEngine, args: PostgresArgs, options: pulumi.ComponentResourceOptions): PostgresStore {
  const location = { service: args.serviceName, port: postgresDefaults.port };
  if (engine.kind === "statefulset") {
    const postgres = new Postgres(name, args, options);
    return { client: postgres.client, location: { ...location, backup: `${name}-backup` }, ready: [postgres.provisioning], backup: postgres.backup };
  }
  if (engine.kind === "cloudnative-pg") {
    const postgres = new CloudNativePostgres(name, { ...args, engine }, options);
    return { client: postgres.client, location, ready: [postgres] };
  }
  const { host, port, passwordSecret, tls } = engine;
  sayExternal(args.namespace, name, `${host}:${port}`, "database, role, backup or alert");
  const client = postgresClient(host, port, args, passwordSecret, {}, { mode: tls.mode, ...authorities(name, tls, args.namespace, options) });
  return { client, location: { service: host, port }, ready: [] };
}

/** A system's flows with those to its database leading to where the engine has it. */
export function postgresFlows(name: string, engine: PostgresEngine, flows: readonly Flow[]): Flow[] {
  const own = [`${name}-provision`, `${name}-backup`];
  if (engine.kind === "statefulset") return [...flows];
  const clients = flows.filter(({ from }) => !("app" in from && own.includes(from.app)));
  if (engine.kind === "cloudnative-pg") return [...clients, ...cloudNativeFlows(name, engine), ...uploads(name, flows)];
  return clients.map((flow) => ("app" in flow.to && flow.to.app === name ? { ...flow, to: { cidr: engine.cidr }, ports: [engine.port] } : flow));
}

/** Labels of the pods that the engine names itself. */
export const postgresSelectors = (name: string, engine: PostgresEngine): Record<string, Record<string, string>> =>
  engine.kind === "cloudnative-pg" ? { [name]: { "cnpg.io/cluster": name } } : {};

/** The flows to the bucket of the system's own backup job, from the instances: the operator uploads instead. */
function uploads(name: string, flows: readonly Flow[]): Flow[] {
  return flows.filter(({ from, to }) => "app" in from && from.app === `${name}-backup` && "cidr" in to).map((flow) => ({ ...flow, from: { app: name } }));
}
