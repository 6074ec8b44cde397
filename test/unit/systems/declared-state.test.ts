import test from "ava";
import { parseSettings } from "../../../components/configuration.ts";
import { declaredApis, declaredVolumes } from "../../../components/systems/declared-state.ts";
import { ofSystems, type SystemName } from "../../../components/systems/index.ts";
import type { Manifest } from "../../../scripts/support/declared-objects.ts";
import { type Changes, changedConfiguration, stackVariant } from "../../support/stack-variant.ts";

interface ClaimSpec {
  readonly accessModes: readonly string[];
  readonly storageClassName?: string;
  readonly dataSource?: { readonly name: string };
  readonly resources: { readonly requests: { readonly storage: string } };
}

const line = (
  namespace: string,
  name: string,
  { accessModes, storageClassName = "any class", dataSource, resources }: ClaimSpec,
) =>
  [namespace, name, resources.requests.storage, storageClassName, accessModes.join(), dataSource?.name ?? "empty"].join(
    " ",
  );

/** The volumes that a stack's objects ask for. */
const ofObjects = (objects: readonly Manifest[]) =>
  objects
    .flatMap((object) => {
      const {
        metadata: { name, namespace = "" },
        spec,
      } = object as Manifest & {
        readonly spec: ClaimSpec & {
          readonly volumeClaimTemplates: readonly {
            readonly metadata: { readonly name: string };
            readonly spec: ClaimSpec;
          }[];
        };
      };
      if (object.kind === "PersistentVolumeClaim") return [line(namespace, name, spec)];
      return object.kind === "StatefulSet"
        ? spec.volumeClaimTemplates.map((template) =>
            line(namespace, `${template.metadata.name}-${name}-<n>`, template.spec),
          )
        : [];
    })
    .sort();

const settingsOf = (stack: string, changes: Changes = {}) =>
  parseSettings(
    Object.fromEntries(
      Object.entries(changedConfiguration(stack, changes)).map(([key, text]) => [
        key.replace("production-platform:", ""),
        /^[[{]/.test(text) ? (JSON.parse(text) as unknown) : text,
      ]),
    ),
  );

/** The volumes that the settings say there are. */
const ofSettings = (settings: ReturnType<typeof settingsOf>) =>
  declaredVolumes(settings)
    .map(({ namespace, claim, per, size, storageClass, accessMode, source }) =>
      line(namespace, per === "pod" ? `${claim}-<n>` : claim, {
        accessModes: [accessMode?.value ?? "ReadWriteOnce"],
        ...(storageClass && { storageClassName: storageClass.value }),
        ...(source && { dataSource: { name: source.value } }),
        resources: { requests: { storage: size.value } },
      }),
    )
    .sort();

/** The APIs of a stack's custom resources: those that Kubernetes does not bring. */
const customApis = (objects: readonly Manifest[]) =>
  [
    ...new Set(
      objects
        .map(({ apiVersion }) => apiVersion!)
        .filter((api) => api.includes(".") && !["networking", "rbac.authorization"].includes(api.split(".k8s.io")[0]!)),
    ),
  ].sort();

for (const stack of ["dev", "prod"]) {
  test(`every volume that the ${stack} stack declares is known with its size, class, mode and source before any object is made`, async (t) => {
    const { objects, targets } = await stackVariant(stack);
    const known = ofSettings(settingsOf(stack));
    t.deepEqual(known, ofObjects(objects));
    t.true(known.length >= 10);
    t.deepEqual(
      targets.map(({ system, namespace }) => [system, namespace]),
      targets.map(({ system }) => [system, ofSystems("namespace")[system as SystemName]]),
    );
  });
}

const byOperators = {
  "platform-service": {
    postgres: { engine: { kind: "cloudnative-pg", apiServerCidr: "10.43.0.1/32" }, backup: { storage: undefined } },
  },
  "techbra-ecommerce": {
    kafka: { engine: { kind: "strimzi", operatorNamespace: "kafka-operator", apiServerCidr: "10.43.0.1/32" } },
  },
};

// A job of prod makes snapshots; no update does.
const snapshots = "snapshot.storage.k8s.io/v1";
for (const [title, stack, changes, count, byJobs] of [
  ["dev", "dev", {}, 0, []],
  ["prod", "prod", {}, 4, [snapshots]],
  ["prod with operators", "prod", byOperators, 7, [snapshots]],
] as const) {
  test(`${title}: the APIs of its custom resources (${count}), and of what its jobs make, are known before any object is made`, async (t) => {
    const custom = customApis((await stackVariant(stack, changes)).objects);
    t.is(custom.length, count);
    t.deepEqual(
      [...new Set(declaredApis(settingsOf(stack, changes)).map(({ api }) => api))].sort(),
      [...custom, ...byJobs].sort(),
    );
  });
}
