import test from "ava";
import { parseSettings } from "../../../components/configuration.ts";
import { declaredVolumes } from "../../../components/systems/declared-state.ts";
import { systemNamespaces } from "../../../components/systems/namespaces.ts";
import { stackConfiguration } from "../../../scripts/support/stack-configuration.ts";
import type { Manifest } from "../../../scripts/support/declared-objects.ts";
import { type Changes, stackVariant } from "../../support/stack-variant.ts";

interface ClaimSpec {
  readonly accessModes: readonly string[];
  readonly storageClassName?: string;
  readonly dataSource?: { readonly name: string };
  readonly resources: { readonly requests: { readonly storage: string } };
}

const line = (namespace: string, name: string, { accessModes, storageClassName = "any class", dataSource, resources }: ClaimSpec) =>
  [namespace, name, resources.requests.storage, storageClassName, accessModes.join(), dataSource?.name ?? "empty"].join(" ");

/** The volumes that a stack's objects ask for. */
const ofObjects = (objects: readonly Manifest[]) => objects.flatMap((object) => {
  const { metadata: { name, namespace = "" }, spec } = object as Manifest & { readonly spec: ClaimSpec & { readonly volumeClaimTemplates: readonly { readonly metadata: { readonly name: string }; readonly spec: ClaimSpec }[] } };
  if (object.kind === "PersistentVolumeClaim") return [line(namespace, name, spec)];
  return object.kind === "StatefulSet" ? spec.volumeClaimTemplates.map((template) => line(namespace, `${template.metadata.name}-${name}-<n>`, template.spec)) : [];
}).sort();

/** The volumes that the settings say there are. */
const ofSettings = (configuration: Readonly<Record<string, string>>, changes: Changes) => {
  const values = Object.fromEntries(Object.entries(configuration).map(([key, text]) => [key.replace("production-platform:", ""), /^[[{]/.test(text) ? JSON.parse(text) as unknown : text]));
  return declaredVolumes(parseSettings({ ...values, ...changes })).map(({ namespace, claim, per, size, storageClass, accessMode, source }) =>
    line(namespace, per === "pod" ? `${claim}-<n>` : claim, { accessModes: [accessMode?.value ?? "ReadWriteOnce"], ...(storageClass && { storageClassName: storageClass.value }), ...(source && { dataSource: { name: source.value } }), resources: { requests: { storage: size.value } } })).sort();
};

for (const stack of ["dev", "prod"]) {
  test(`every volume that the ${stack} stack declares is known with its size, class, mode and source before any object is made`, async (t) => {
    const { objects, targets } = await stackVariant(stack);
    const known = ofSettings(stackConfiguration(stack), {});
    t.deepEqual(known, ofObjects(objects));
    t.true(known.length >= 10);
    t.deepEqual(Object.fromEntries(targets.map(({ system, namespace }) => [system, namespace])), systemNamespaces);
  });
}
