import { backupOf, dataStore } from "../../components/workload/labels.ts";
import type { DataStoreKind } from "../../components/workload/labels.ts";
import { parseImage } from "../model/image-reference.ts";
import type { KubernetesObject } from "../model/kubernetes-object.ts";
import { containersOf, podOf } from "../model/pod-spec-walker.ts";
import type { WalkedContainer } from "../model/pod-spec-walker.ts";

/** Kinds that can hold a data store. */
export const dataStoreKinds = ["StatefulSet", "Deployment"] as const;

/**
 * Names of the images that are the server of a kind, as patterns; an image that is recognized without a label must
 * match the whole of `exact`.
 */
export const serverImages = {
  postgres: { exact: "postgres(?:ql)?", labelled: "[^/:@]*postgres(?:ql)?" },
  mysql: { exact: "mysql|mysql-server|mariadb" },
  kafka: { exact: "(?:cp-)?kafka(?:-native)?" },
  redis: { exact: "redis|redis-server|valkey" },
} as const satisfies Readonly<Record<string, { exact: string; labelled?: string }>>;

/** A program that stores: the same one for both roles of Redis. */
export type ServerKind = keyof typeof serverImages;

const whole = (pattern: string) => new RegExp(`^(?:${pattern})$`);
const recognized = Object.entries(serverImages).map(([kind, { exact }]) => [kind as ServerKind, whole(exact)] as const);
const labelled = {
  ...(Object.fromEntries(recognized) as Record<ServerKind, RegExp>),
  postgres: whole(serverImages.postgres.labelled),
};

/** The port of Postgres, by which an image of another name is recognized. */
export const postgresPort = 5432;

/** Ports on which data stores listen. */
export const storePorts: Readonly<Record<number, string>> = {
  3306: "MySQL",
  [postgresPort]: "Postgres",
  6379: "Redis",
  9092: "Kafka",
};

/**
 * What a workload stores: by its label or annotation, else by its main containers' images; undefined for workloads that
 * store nothing.
 */
export function dataStoreKind(object: KubernetesObject): DataStoreKind | undefined {
  const declared = object.labels[dataStore] ?? object.annotations[dataStore];
  if (declared !== undefined) return declared as DataStoreKind;
  for (const container of mainContainers(object)) {
    if (isPostgres(container, object)) return "postgres";
    const server = serverRunBy(container);
    if (server === "redis") return keepsVolume(object) ? "redis-state" : "redis-cache";
    if (server !== undefined) return server;
  }
  return undefined;
}

/** What a workload stores, where losing it is a loss: every data store but a cache. */
export function keptStoreKind(object: KubernetesObject): Exclude<DataStoreKind, "redis-cache"> | undefined {
  const kind = dataStoreKind(object);
  return kind === "redis-cache" ? undefined : kind;
}

/** What a CronJob says it copies; undefined for one that is no backup. */
export function copiedStore(job: KubernetesObject): string | undefined {
  return job.labels[backupOf] ?? job.annotations[backupOf];
}

/** The server among a data store's containers: those with its image, or every main one where no image tells. */
export function serverContainers(object: KubernetesObject, kind: DataStoreKind): readonly WalkedContainer[] {
  const main = mainContainers(object);
  const servers = main.filter((container) => labelled[serverOf(kind)].test(imageName(container)));
  return servers.length > 0 ? servers : main;
}

/** The program that a kind of data store runs. */
export function serverOf(kind: DataStoreKind): ServerKind {
  return kind === "redis-cache" || kind === "redis-state" ? "redis" : kind;
}

/**
 * Whether a container is the Postgres server: an image of that name in a labelled store, or one that listens on 5432.
 */
export function isPostgres(container: WalkedContainer, object: KubernetesObject): boolean {
  if (container.role !== "main" || !labelled.postgres.test(imageName(container))) return false;
  if ((object.labels[dataStore] ?? object.annotations[dataStore]) === "postgres") return true;
  return (container.spec.ports ?? []).some(({ containerPort }) => containerPort === postgresPort);
}

/** Whether a container is the Redis server. */
export function isRedis(container: WalkedContainer): boolean {
  return container.role === "main" && serverRunBy(container) === "redis";
}

/** The data store's server that a container's image is of; undefined for all other programs. */
export function serverRunBy(container: WalkedContainer): ServerKind | undefined {
  const name = imageName(container);
  return recognized.find(([, pattern]) => pattern.test(name))?.[0];
}

/** Whether a workload's pods keep a volume of their own or a claim. */
export function keepsVolume(object: KubernetesObject): boolean {
  const templates =
    (object.manifest["spec"] as { volumeClaimTemplates?: unknown[] } | undefined)?.volumeClaimTemplates ?? [];
  return (
    templates.length > 0 ||
    (podOf(object)?.spec.volumes ?? []).some(({ persistentVolumeClaim }) => Boolean(persistentVolumeClaim))
  );
}

function mainContainers(object: KubernetesObject): WalkedContainer[] {
  const pod = podOf(object);
  return pod === undefined ? [] : [...containersOf(pod)].filter(({ role }) => role === "main");
}

function imageName({ spec }: WalkedContainer): string {
  return parseImage(spec.image ?? "").name;
}
