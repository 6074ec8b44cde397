import { dataStore } from "../components/workload/labels.ts";
import type { DataStoreKind } from "../components/workload/labels.ts";
import { parseImage } from "./image-reference.ts";
import type { KubernetesObject } from "./kubernetes-object.ts";
import { containersOf, podOf } from "./pod-spec-walker.ts";
import type { WalkedContainer } from "./pod-spec-walker.ts";

/** Kinds that can hold a data store. */
export const dataStoreKinds = ["StatefulSet", "Deployment"] as const;

const byImage: readonly (readonly [RegExp, DataStoreKind])[] = [
  [/^postgres(?:ql)?$/, "postgres"],
  [/^(?:mysql|mysql-server|mariadb)$/, "mysql"],
  [/^kafka$/, "kafka"],
];

/** What a workload stores: by its label or annotation, else by its main containers' images; undefined for workloads that store nothing. */
export function dataStoreKind(object: KubernetesObject): DataStoreKind | undefined {
  const declared = object.labels[dataStore] ?? object.annotations[dataStore];
  if (declared !== undefined) return declared as DataStoreKind;
  const pod = podOf(object);
  if (pod === undefined) return undefined;
  for (const container of containersOf(pod)) {
    if (container.role !== "main") continue;
    if (isPostgres(container, object)) return "postgres";
    const { name } = parseImage(container.spec.image ?? "");
    const known = byImage.find(([pattern]) => pattern.test(name))?.[1];
    if (known !== undefined) return known;
    if (isRedisImage(name)) return keepsVolume(object) ? "redis-state" : "redis-cache";
  }
  return undefined;
}

/** Whether a container is the Postgres server: an image of that name in a labelled store, or one that listens on 5432. */
export function isPostgres({ role, spec }: WalkedContainer, object: KubernetesObject): boolean {
  if (role !== "main" || !/postgres(?:ql)?$/.test(parseImage(spec.image ?? "").name)) return false;
  if ((object.labels[dataStore] ?? object.annotations[dataStore]) === "postgres") return true;
  return (spec.ports ?? []).some(({ containerPort }) => containerPort === 5432);
}

/** Whether a container is the Redis server. */
export function isRedis({ role, spec }: WalkedContainer): boolean {
  return role === "main" && isRedisImage(parseImage(spec.image ?? "").name);
}

function isRedisImage(name: string): boolean {
  return /^(?:redis|redis-server|valkey)$/.test(name);
}

function keepsVolume(object: KubernetesObject): boolean {
  const templates = (object.manifest["spec"] as { volumeClaimTemplates?: unknown[] } | undefined)?.volumeClaimTemplates ?? [];
  return templates.length > 0 || (podOf(object)?.spec.volumes ?? []).some(({ persistentVolumeClaim }) => Boolean(persistentVolumeClaim));
}
