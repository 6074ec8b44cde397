import type { DeclaredApi } from "../changes/apis.ts";
import type { DeclaredKafka, DeclaredStore } from "../changes/stores.ts";
import type { DeclaredQuota, DeclaredVolume, Said } from "../changes/volumes.ts";
import { deployedSystems, type StackSettings } from "../configuration.ts";
import { contextOf } from "../context.ts";
import type { ClusterAddon } from "./target.ts";

/** What the volumes of each system may ask for together. */
export const declaredQuotas = (settings: StackSettings): DeclaredQuota[] =>
  deployedSystems(settings).map(({ name, system, own }) => ({
    namespace: system.namespace,
    size: { path: `${name}.quota.storage`, value: own.quota.storage },
  }));

/** The API of each addon, as the addon's release of today serves it. */
const addonApis: Readonly<Record<ClusterAddon, string>> = {
  "cert-manager": "cert-manager.io/v1",
  keda: "keda.sh/v1alpha1",
  "prometheus-operator": "monitoring.coreos.com/v1",
  "sealed-secrets": "bitnami.com/v1alpha1",
  velero: "velero.io/v1",
  "volume-snapshots": "snapshot.storage.k8s.io/v1",
};

/** The APIs of the operators that run a store, with who serves them. */
const engineApis: Readonly<Record<string, readonly (readonly [api: string, by: string])[]>> = {
  "cloudnative-pg": [
    ["postgresql.cnpg.io/v1", "CloudNativePG"],
    ["barmancloud.cnpg.io/v1", "its Barman Cloud plugin"],
  ],
  strimzi: [["kafka.strimzi.io/v1", "Strimzi 1.0 or later"]],
};

/** The APIs that a cluster has to serve besides Kubernetes' own. */
export const declaredApis = (settings: StackSettings): DeclaredApi[] => [
  ...settings.clusterAddons.map((addon) => ({
    setting: { path: "clusterAddons", value: addon },
    api: addonApis[addon],
    way: `Install ${addon} first, or take it out of the list`,
  })),
  ...declaredStores(settings).flatMap(({ engine, own }) =>
    (engineApis[engine.value] ?? []).map(([api, by]) => ({
      setting: engine,
      api,
      way: `Install ${by} first, or write "${own}"`,
    })),
  ),
];

/** Who runs each store whose data another engine could lose. */
export const declaredStores = (settings: StackSettings): DeclaredStore[] =>
  states(settings).flatMap(({ namespace, stores }) => stores.map((store) => ({ namespace, ...store })));

/** The Kafkas whose brokers and topics this project makes itself. */
export const declaredKafkas = (settings: StackSettings): DeclaredKafka[] =>
  states(settings).flatMap(({ namespace, kafkas }) => kafkas.map((kafka) => ({ namespace, ...kafka })));

/**
 * Every volume that a stack declares, with the settings that say what it is like. Systems tell it before any object is
 * made, because a cluster is asked
 * before; a test holds it against the objects.
 */
export function declaredVolumes(settings: StackSettings): DeclaredVolume[] {
  const storageClass: Said | undefined =
    settings.storageClass === undefined ? undefined : { path: "storageClass", value: settings.storageClass };
  return states(settings).flatMap(({ namespace, volumes }) =>
    volumes.map((volume) => ({ namespace, ...(storageClass && { storageClass }), ...volume })),
  );
}

const states = (settings: StackSettings) =>
  deployedSystems(settings).map(({ system, own }) => ({
    namespace: system.namespace,
    ...system.state(own, contextOf(settings)),
  }));
