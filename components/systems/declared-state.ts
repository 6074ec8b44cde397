import type { DeclaredApi } from "../changes/apis.ts";
import type { DeclaredKafka, DeclaredStore } from "../changes/stores.ts";
import type { DeclaredQuota, DeclaredVolume, Said } from "../changes/volumes.ts";
import type { StackSettings } from "../configuration.ts";
import type { KafkaEngine } from "../data/kafka/engine.ts";
import type { PostgresEngine } from "../data/postgres/engine.ts";
import type { BotsEdiSettings } from "./bots-edi/settings.ts";
import { type SystemName, systems as all } from "./index.ts";
import type { ClusterAddon } from "./target.ts";
import { prometheusStorage } from "./techbra-ecommerce/tools.ts";

/** A volume without what all volumes of a stack have in common. */
type Part = Omit<DeclaredVolume, "namespace">;

/** Claims that a StatefulSet makes for its pods, that an operator makes for its own, and that are made by name. */
const ofPods = (name: string, path: string, value: string): Part => ({ claim: `data-${name}`, per: "pod", grownBy: "patch", size: { path, value } });
const ofOperator = (claim: string, path: string, value: string): Part => ({ claim, per: "pod", grownBy: "claim", size: { path, value } });
const byName = (claim: string, path: string, value: string): Part => ({ claim, per: "stack", grownBy: "claim", size: { path, value } });

interface StoreSettings<Engine> {
  readonly engine: Engine;
  readonly storage: string;
  readonly backup: { readonly storage: string };
}

/** A store of a system and its copies, as far as its engine has them in the cluster. */
function store(system: SystemName, name: "postgres" | "kafka", { engine, storage, backup }: StoreSettings<PostgresEngine | KafkaEngine>): Part[] {
  const path = `${system}.${name}`;
  if (engine.kind === "external") return [];
  if (engine.kind === "statefulset") return [ofPods(name, `${path}.storage`, storage), byName(`${name}-backup`, `${path}.backup.storage`, backup.storage)];
  return [ofOperator(engine.kind === "strimzi" ? `data-${name}-brokers` : name, `${path}.storage`, storage)];
}

/** The volume that EDI's pods share: whether many nodes can write it follows from its class. */
function shared({ claimName, storage, sharedStorageClass, snapshot }: BotsEdiSettings["data"]): Part {
  const path = "bots-edi.data.sharedStorageClass";
  return {
    ...byName(claimName, "bots-edi.data.storage", storage),
    ...(sharedStorageClass && { storageClass: { path, value: sharedStorageClass } }),
    accessMode: { path, value: sharedStorageClass ? "ReadWriteMany" : "ReadWriteOnce" },
    ...(snapshot && { source: { path: "bots-edi.data.snapshot", value: snapshot } }),
  };
}

const parts: { readonly [Name in SystemName]: (settings: NonNullable<StackSettings[Name]>) => readonly Part[] } = {
  "bgc-platform": ({ postgres }) => store("bgc-platform", "postgres", postgres),
  "platform-service": ({ postgres, audit }) => [...store("platform-service", "postgres", postgres), byName("audit-archive", "platform-service.audit.archiveStorage", audit.archiveStorage)],
  "bots-edi": ({ database, data, backup }) => [
    ...(database.kind === "in-cluster" ? [ofPods("mysql", "bots-edi.database.storage", database.storage)] : []),
    byName("bots-backup-pvc", "bots-edi.backup.storage", backup.storage),
    shared(data),
  ],
  "resilient-api-gateway": ({ redis, configurationBackup }) => [
    ...(redis.engine.kind === "in-cluster" ? [ofPods("redis", "resilient-api-gateway.redis.storage", redis.storage), byName("redis-backup", "resilient-api-gateway.redis.backup.storage", redis.backup.storage)] : []),
    byName("configuration-backup", "resilient-api-gateway.configurationBackup.storage", configurationBackup.storage),
  ],
  "techbra-ecommerce": ({ kafka, postgres, redis, tools }) => [
    ...store("techbra-ecommerce", "kafka", kafka),
    ...store("techbra-ecommerce", "postgres", postgres),
    ...(redis.engine.kind === "in-cluster" ? [byName("redis-backup", "techbra-ecommerce.redis.backup.storage", redis.backup.storage)] : []),
    ...(tools.enabled ? [ofPods("prometheus", "techbra-ecommerce.tools", prometheusStorage)] : []),
  ],
};

/** What the volumes of each system may ask for together. */
export const declaredQuotas = (settings: StackSettings): DeclaredQuota[] =>
  settings.systems.map((name) => ({ namespace: all[name].namespace, size: { path: `${name}.quota.storage`, value: settings[name]!.quota.storage } }));

/** Who runs each store that has a choice. */
export function declaredStores({ systems, ...settings }: StackSettings): DeclaredStore[] {
  const store = (system: SystemName, name: string, path: string, value: string, own: DeclaredStore["own"] = "statefulset") => ({ namespace: all[system].namespace, name, engine: { path: `${system}.${path}`, value }, own });
  return systems.flatMap((name) => {
    // A Redis that is a cache has no volume, and may go anywhere.
    if (name === "resilient-api-gateway") return [store(name, "redis", "redis.engine.kind", settings[name]!.redis.engine.kind, "in-cluster")];
    if (name === "bots-edi") return [store(name, "mysql", "database.kind", settings[name]!.database.kind, "in-cluster")];
    const kafka = name === "techbra-ecommerce" ? [store(name, "kafka", "kafka.engine.kind", settings[name]!.kafka.engine.kind)] : [];
    return [store(name, "postgres", "postgres.engine.kind", settings[name]!.postgres.engine.kind), ...kafka];
  });
}

/** The API of each addon, as the addon's release of today serves it. */
const addonApis: Readonly<Record<ClusterAddon, string>> = {
  "cert-manager": "cert-manager.io/v1",
  keda: "keda.sh/v1alpha1",
  "sealed-secrets": "bitnami.com/v1alpha1",
  velero: "velero.io/v1",
  "volume-snapshots": "snapshot.storage.k8s.io/v1",
};

/** The APIs of the operators that run a store, with who serves them. */
const engineApis: Readonly<Record<string, readonly (readonly [api: string, by: string])[]>> = {
  "cloudnative-pg": [["postgresql.cnpg.io/v1", "CloudNativePG"], ["barmancloud.cnpg.io/v1", "its Barman Cloud plugin"]],
  strimzi: [["kafka.strimzi.io/v1", "Strimzi 1.0 or later"]],
};

/** The APIs that a cluster has to serve besides Kubernetes' own. */
export const declaredApis = (settings: StackSettings): DeclaredApi[] => [
  ...settings.clusterAddons.map((addon) => ({ setting: { path: "clusterAddons", value: addon }, api: addonApis[addon], way: `Install ${addon} first, or take it out of the list` })),
  ...declaredStores(settings).flatMap(({ engine, own }) => (engineApis[engine.value] ?? []).map(([api, by]) => ({ setting: engine, api, way: `Install ${by} first, or write "${own}"` }))),
];

/** The Kafkas whose brokers and topics this project makes itself. */
export function declaredKafkas({ systems, ...settings }: StackSettings): DeclaredKafka[] {
  return systems.flatMap((name) => {
    if (name !== "techbra-ecommerce") return [];
    const { engine, brokers, partitions } = settings[name]!.kafka;
    const said = (key: string, value: number) => ({ path: `${name}.kafka.${key}`, value });
    return engine.kind === "statefulset" ? [{ namespace: all[name].namespace, name: "kafka", brokers: said("brokers", brokers), partitions: said("partitions", partitions) }] : [];
  });
}

/**
 * Every volume that a stack declares, with the settings that say what it is like. It is told here and not read from the objects, because a cluster is
 * asked before any object is made; a test holds it against the objects.
 */
export function declaredVolumes(settings: StackSettings): DeclaredVolume[] {
  const storageClass: Said | undefined = settings.storageClass === undefined ? undefined : { path: "storageClass", value: settings.storageClass };
  const of = <Name extends SystemName>(name: Name) => parts[name](settings[name] as NonNullable<StackSettings[Name]>);
  return settings.systems.flatMap((name) => of(name).map((part) => ({ namespace: all[name].namespace, ...(storageClass && { storageClass }), ...part })));
}
