import type { DataStoreKind } from "../../../components/workload/labels.ts";
import { volumes } from "../../cel/pods.ts";
import { literal } from "../../cel/template.ts";
import { environment, servers, storeIs } from "../../cel/data-stores.ts";
import { dataStoreKinds, keptStoreKind, serverContainers } from "../../facts/data-stores.ts";
import type { KubernetesObject } from "../../model/kubernetes-object.ts";
import type { WalkedContainer } from "../../model/pod-spec-walker.ts";
import type { CelCheck, ObjectRule } from "../rule.ts";

type KeptKind = Exclude<DataStoreKind, "redis-cache">;

/**
 * Where the images of each server keep their data, and what moves it: an environment variable, or a flag followed by a
 * path.
 */
const places: Readonly<
  Record<KeptKind, { readonly usual: readonly string[]; readonly variable?: string; readonly flag?: string }>
> = {
  postgres: { usual: ["/var/lib/postgresql/data", "/bitnami/postgresql"], variable: "PGDATA" },
  mysql: { usual: ["/var/lib/mysql", "/bitnami/mysql", "/bitnami/mariadb"], flag: "--datadir" },
  kafka: { usual: ["/tmp/kraft-combined-logs", "/tmp/kafka-logs", "/bitnami/kafka"], variable: "KAFKA_LOG_DIRS" },
  "redis-state": { usual: ["/data", "/bitnami/redis/data"], flag: "--dir" },
};

/** X07: what must outlive its pod lies on a volume that does. */
export const dataPlaceRule: ObjectRule = {
  id: "X07-data-on-volume",
  scope: "object",
  kinds: dataStoreKinds,
  row: ["X07", "G03"],
  severity: "critical",
  title: "Data stores keep their data on a PersistentVolumeClaim",
  rationale:
    "Data in an emptyDir or in the container's own file system are gone with the pod: at the next eviction, drain or update.",
  remediation: [
    "# in the container",
    "volumeMounts:",
    "  - { name: data, mountPath: /var/lib/postgresql/data }",
    "# in the StatefulSet",
    "volumeClaimTemplates:",
    "  - metadata: { name: data }",
    "    spec:",
    "      accessModes: [ReadWriteOnce]",
    "      resources: { requests: { storage: 10Gi } }",
  ].join("\n"),
  admission: (Object.keys(places) as KeptKind[]).map(celOf),
  *check(object) {
    const kind = keptStoreKind(object);
    if (kind === undefined || !Object.hasOwn(places, kind)) return;
    for (const container of serverContainers(object, kind)) {
      const paths = placesOf(container, kind);
      const mounts = claimMounts(container, object);
      if (paths.some((path) => mounts.some((mount) => path === mount || path.startsWith(`${mount}/`)))) continue;
      yield {
        path: `${container.path}.volumeMounts`,
        message: `the data of this store (${kind}) lie in ${paths.join(" or ")}, and no volume claim is mounted there`,
        container: container.spec.name,
      };
    }
  },
};

function placesOf({ spec }: WalkedContainer, kind: KeptKind): readonly string[] {
  const { usual, variable, flag } = places[kind];
  const words = [...(spec.command ?? []), ...(spec.args ?? [])];
  const declared = (spec.env ?? [])
    .filter((entry) => entry.name === variable && entry.value)
    .map((entry) => entry.value as string);
  const moved =
    flag === undefined
      ? []
      : words.filter((word) => word.startsWith(`${flag}=`)).map((word) => word.slice(flag.length + 1));
  const after = flag !== undefined && words.includes(flag) ? words.filter((word) => word.startsWith("/")) : [];
  const given = [...declared, ...moved, ...after];
  return given.length > 0 ? given : usual;
}

function claimMounts({ spec, pod }: WalkedContainer, object: KubernetesObject): string[] {
  const { volumeClaimTemplates = [] } = (object.manifest["spec"] ?? {}) as {
    volumeClaimTemplates?: readonly { metadata?: { name?: string } }[];
  };
  const claims = new Set([
    ...volumeClaimTemplates.map(({ metadata }) => metadata?.name),
    ...(pod.spec.volumes ?? []).filter(({ persistentVolumeClaim }) => persistentVolumeClaim).map(({ name }) => name),
  ]);
  return (spec.volumeMounts ?? []).filter(({ name }) => claims.has(name)).map(({ mountPath }) => mountPath);
}

function celOf(kind: KeptKind): CelCheck {
  const { usual, variable, flag } = places[kind];
  const words = "(server.?command.orValue([]) + server.?args.orValue([]))";
  const declared = variable === undefined ? "[]" : `[${environment("server", variable)}].filter(path, path != "")`;
  const moved =
    flag === undefined
      ? "[]"
      : `${words}.filter(word, word.startsWith(${literal(`${flag}=`)})).map(word, word.substring(${flag.length + 1}))`;
  const after =
    flag === undefined ? "[]" : `${words}.filter(word, word.startsWith("/") && ${literal(flag)} in ${words})`;
  const given = `(${declared} + ${moved} + ${after})`;
  const isClaim =
    `(object.spec.?volumeClaimTemplates.orValue([]).exists(template, template.metadata.?name.orValue("") == mount.name)` +
    ` || ${volumes}.exists(volume, volume.name == mount.name && has(volume.persistentVolumeClaim)))`;
  const covered = (path: string) =>
    `server.?volumeMounts.orValue([]).exists(mount, ${isClaim} && (${path} == mount.mountPath || ${path}.startsWith(mount.mountPath + "/")))`;
  return {
    expression: `!${storeIs(kind)} || ${servers(kind)}.all(server, (${given}.size() > 0 ? ${given} : ${literal(usual)}).exists(path, ${covered("path")}))`,
    message: `the data of this store (${kind}) lie where no volume claim is mounted`,
  };
}
