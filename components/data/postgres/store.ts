import type * as pulumi from "@pulumi/pulumi";
import type { Flow } from "../../capabilities/network-flows.ts";
import type { VerifiedBackup } from "../../capabilities/verified-backup/verified-backup.ts";
import type { Client } from "../client.ts";
import { sayExternal } from "../external.ts";
import { authorities } from "../tls.ts";
import { CloudNativePostgres, cloudNativeFlows } from "./cloud-native.ts";
import type { PostgresEngine } from "./engine.ts";
import { Postgres, type PostgresArgs, postgresDefaults } from "./postgres.ts";
import { postgresClient } from "./postgres-client.ts";

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
