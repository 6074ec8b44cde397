import { ComponentResource, type CustomResourceOptions, type ResourceTransformation } from "@pulumi/pulumi";
import test from "ava";
import { grown } from "../../../components/changes/growth.ts";
import { ownFields } from "../../../components/cluster.ts";
import { Workload } from "../../../components/workload/workload.ts";
import { declaredBy } from "../../support/stack-variant.ts";

const growth = { namespace: "shop", volume: "data-store", claim: "data-store-0", size: "3Gi" };

interface Declared {
  readonly type: string;
  readonly name: string;
  readonly props: { readonly metadata?: Record<string, unknown>; readonly spec?: Record<string, unknown> };
  readonly opts: CustomResourceOptions;
}

/** What a store declares under a part that grows claims. */
async function store(growths: readonly (typeof growth)[]) {
  const declared: Declared[] = [];
  const note: ResourceTransformation = ({ type, name, props, opts }) =>
    void declared.push({ type, name, props: props as Declared["props"], opts });
  await declaredBy(() => {
    const parent = new ComponentResource(
      "test:Parent",
      "parent",
      {},
      { transformations: [ownFields, grown(growths), note] },
    );
    new Workload(
      "store",
      {
        namespace: "shop",
        labels: { app: "store" },
        controller: { kind: "StatefulSet", claims: [{ name: "data", size: "3Gi" }] },
        replicas: { fixed: 1 },
        identity: { uid: 999, gid: 999 },
        containers: [
          {
            name: "store",
            image: "registry.example.com/store:1.0.0",
            resources: { cpu: { request: "50m", limit: "1" }, memory: { request: "64Mi", limit: "128Mi" } },
            mounts: [{ path: "/data", claimTemplate: "data" }],
          },
        ],
      },
      { parent },
    );
  });
  const ofType = (wanted: string) => declared.filter(({ type }) => type === wanted);
  return {
    patches: ofType("kubernetes:core/v1:PersistentVolumeClaimPatch"),
    sets: ofType("kubernetes:apps/v1:StatefulSet"),
  };
}

const [quiet, growing, others] = [
  await store([]),
  await store([growth, { ...growth, claim: "data-store-1" }]),
  await store([
    { ...growth, namespace: "other" },
    { ...growth, volume: "data-other", claim: "data-other-0" },
  ]),
];

test("a StatefulSet's template stays as its cluster has it, and nothing is patched where nothing grows", (t) => {
  t.deepEqual(
    quiet.sets.map(({ opts }) => opts.ignoreChanges),
    [["spec.podManagementPolicy", "spec.volumeClaimTemplates"]],
  );
  t.deepEqual([quiet.patches, others.patches], [[], []]);
});

test("each claim that grows gets its size from the stack, takes it over from its controller, and keeps it when the stack lets go", (t) => {
  t.deepEqual(
    growing.patches.map(({ name, props: { metadata, spec }, opts }) => ({
      name,
      metadata,
      spec,
      retainOnDelete: opts.retainOnDelete,
    })),
    ["data-store-0", "data-store-1"].map((name) => ({
      name,
      metadata: {
        name,
        namespace: "shop",
        annotations: {
          "pulumi.com/skipAwait": "true",
          "pulumi.com/patchFieldManager": "production-platform",
          "pulumi.com/patchForce": "true",
        },
      },
      spec: { resources: { requests: { storage: "3Gi" } } },
      retainOnDelete: true,
    })),
  );
});
