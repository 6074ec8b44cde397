import test from "ava";
import { missingApis, missingClasses } from "../../../components/changes/apis.ts";
import type { LivingClaim } from "../../../components/changes/living.ts";
import type { DeclaredVolume } from "../../../components/changes/volumes.ts";

test("an addon or an operator that the cluster does not serve is refused, with its API and what to install", (t) => {
  const keda = {
    setting: { path: "clusterAddons", value: "keda" },
    api: "keda.sh/v1alpha1",
    way: "Install keda first, or take it out of the list",
  };
  const strimzi = {
    setting: { path: "techbra-ecommerce.kafka.engine.kind", value: "strimzi" },
    api: "kafka.strimzi.io/v1",
    way: 'Install Strimzi 1.0 or later first, or write "statefulset"',
  };
  t.deepEqual(missingApis([keda, strimzi], { served: new Set(["apps/v1", "kafka.strimzi.io/v1beta2"]) }), [
    'clusterAddons: says "keda", and the cluster does not serve keda.sh/v1alpha1. Install keda first, or take it out of the list',
    'techbra-ecommerce.kafka.engine.kind: says "strimzi", and the cluster does not serve kafka.strimzi.io/v1. Install Strimzi 1.0 or later first, or write "statefulset"',
  ]);
  t.deepEqual(missingApis([keda, strimzi], { served: new Set(["keda.sh/v1alpha1", "kafka.strimzi.io/v1"]) }), []);
});

test("a storage class that the cluster does not have is refused once for all new claims, and claims that are there need none", (t) => {
  const volume = (claim: string, value: string, per: DeclaredVolume["per"] = "stack"): DeclaredVolume => ({
    namespace: "shop",
    claim,
    per,
    grownBy: "claim",
    size: { path: "size", value: "1Gi" },
    storageClass: { path: "storageClass", value },
  });
  const there = (name: string): LivingClaim => ({
    namespace: "shop",
    name,
    labels: {},
    request: "1Gi",
    accessModes: [],
    bound: true,
    sizedByStack: true,
  });
  const volumes = [volume("copies", "fast"), volume("data-store", "fast", "pod"), volume("archive", "slow")];
  const missing = (claims: readonly LivingClaim[], ...classes: string[]) =>
    missingClasses(volumes, { claims, storageClasses: new Set(classes) });
  t.deepEqual(missing([], "slow", "slower"), [
    'storageClass: is "fast", and the cluster has no such storage class: it has slow, slower. Write one of them, or make it first',
  ]);
  t.deepEqual(missing([there("copies")], "slow"), [
    'storageClass: is "fast", and the cluster has no such storage class: it has slow. Write one of them, or make it first',
  ]);
  t.deepEqual(missing([there("archive"), there("copies")]), [
    'storageClass: is "fast", and the cluster has no such storage class: it has none. Write one of them, or make it first',
  ]);
  t.deepEqual(missing([there("copies"), there("data-store-0")], "slow"), []);
  t.deepEqual(missing([], "slow", "fast"), []);
});
