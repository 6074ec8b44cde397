import { keptInIndex } from "../model/kept-in-index.ts";
import { NotEvaluable } from "../model/not-evaluable.ts";
import type { KubernetesObject } from "../model/kubernetes-object.ts";
import { containersOf, longRunningKinds, podOf } from "../model/pod-spec-walker.ts";
import type { WalkedContainer } from "../model/pod-spec-walker.ts";
import type { ObjectIndex } from "../model/object-index.ts";

/** A long-running program that opens connections to a database. */
export interface DatabaseClient {
  readonly workload: KubernetesObject;
  readonly container: WalkedContainer;
  /** Its environment, with that of the ConfigMaps it takes as a whole. */
  readonly environment: ReadonlyMap<string, string>;
}

interface Clients {
  /** By the host's name inside the namespace. */
  readonly byHost: ReadonlyMap<string, readonly DatabaseClient[]>;
  /** Why it cannot be told which hosts a container connects to. */
  readonly open?: NotEvaluable;
}

/** Names of environment variables that hold a database's host: `PGHOST`, `DB_HOST`, `ORDERS_DATABASE_HOSTNAME`. */
const hostVariable = /(?:^|_)(?:PG|POSTGRES(?:QL)?|MYSQL|MARIADB|DB|DATABASE)_?(?:HOST(?:NAME)?|SERVER)$/;

/** Names of environment variables that may hold a database's URL, or the size of a pool. */
const urlOrPool = /UR[IL]$|DSN$|CONNECTION|POOL/;

const databaseUrl = /\b(?:postgres(?:ql)?|mysql|mariadb):\/\/(?:[^@\s/]*@)?([A-Za-z0-9.-]+)/g;

const clientsIn = keptInIndex((objects, namespace: string): Clients => {
  const byHost = new Map<string, DatabaseClient[]>();
  try {
    for (const workload of longRunningKinds.flatMap((kind) => objects.inNamespace(kind, namespace))) {
      // On a cluster a ReplicaSet is its Deployment's.
      if ((workload.manifest.metadata?.ownerReferences ?? []).length > 0) continue;
      const pod = podOf(workload);
      for (const container of pod === undefined ? [] : containersOf(pod)) {
        if (container.role !== "main" && container.role !== "sidecar") continue;
        const environment = environmentOf(container, namespace, objects);
        const client = { workload, container, environment };
        for (const host of hostsIn(environment, namespace)) {
          const known = byHost.get(host);
          if (known === undefined) byHost.set(host, [client]);
          else known.push(client);
        }
      }
    }
  } catch (error) {
    if (error instanceof NotEvaluable) return { byHost, open: error };
    throw error;
  }
  return { byHost };
});

/**
 * The clients that reach a database of this namespace by one of these host names. Throws where it is not known yet
 * which host a program reaches.
 */
export function clientsOf(
  hosts: readonly string[],
  namespace: string,
  objects: ObjectIndex,
): readonly DatabaseClient[] {
  const { byHost, open } = clientsIn(objects, namespace);
  if (open !== undefined) throw open;
  return [...new Set(hosts.flatMap((host) => byHost.get(host) ?? []))];
}

/**
 * A container's environment, with that of the ConfigMaps it takes as a whole. Throws where a value is not known yet
 * that may say which server is meant.
 */
export function environmentOf({ spec }: WalkedContainer, namespace: string, objects: ObjectIndex): Map<string, string> {
  const environment = new Map<string, string>();
  const take = (name: string, read: () => unknown) => {
    try {
      const value = read();
      if (typeof value === "string") environment.set(name, value);
    } catch (error) {
      // A value that is not known yet matters only where it may say which database is meant, or how often.
      if (!(error instanceof NotEvaluable) || hostVariable.test(name) || urlOrPool.test(name)) throw error;
    }
  };
  for (const { prefix = "", configMapRef } of spec.envFrom ?? []) {
    const source =
      configMapRef?.name === undefined ? undefined : objects.named("ConfigMap", namespace, configMapRef.name);
    const data = (source?.manifest["data"] ?? {}) as Readonly<Record<string, string>>;
    for (const key of Object.keys(data)) take(`${prefix}${key}`, () => data[key]);
  }
  for (const entry of spec.env ?? []) take(entry.name, () => entry.value);
  return environment;
}

function hostsIn(environment: ReadonlyMap<string, string>, namespace: string): Set<string> {
  const hosts = [...environment].flatMap(([name, value]) => [
    ...(hostVariable.test(name) ? [value] : []),
    ...[...value.matchAll(databaseUrl)].flatMap(([, host]) => host ?? []),
  ]);
  // `pg.data.svc.cluster.local` is the Service pg of the namespace data.
  return new Set(
    hosts
      .map((host) => host.split("."))
      .filter(([, of = namespace]) => of === namespace)
      .flatMap(([name]) => name ?? []),
  );
}
