import type { types } from "@pulumi/kubernetes";
import type { Manifest } from "../../scripts/support/declared-objects.ts";
import { stackVariant } from "./stack-variant.ts";

type PodSpec = types.output.core.v1.PodSpec;
export type Container = types.output.core.v1.Container;

/** All Kubernetes objects a stack declares. */
export const stackObjects = async (stack: string): Promise<readonly Manifest[]> => (await stackVariant(stack)).objects;

/** The one object of a kind and name; throws, listing what there is, when it is missing. */
export function find<T = Manifest>(objects: readonly Manifest[], kind: string, name: string | RegExp): T {
  const ofKind = objects.filter((object) => object.kind === kind);
  const found = ofKind.filter(({ metadata }) =>
    typeof name === "string" ? metadata.name === name : name.test(metadata.name),
  );
  if (found.length !== 1)
    throw new Error(
      `${found.length} objects of kind ${kind} are named ${name}; there are ${ofKind.map(({ metadata }) => metadata.name).join(", ")}`,
    );
  return found[0] as T;
}

/** The pod spec of a controller or job. */
export function podSpec(object: Manifest): PodSpec {
  const spec = object["spec"] as {
    template?: { spec: PodSpec };
    jobTemplate?: { spec: { template: { spec: PodSpec } } };
  };
  const template = spec.template ?? spec.jobTemplate?.spec.template;
  if (!template) throw new Error(`${object.kind} ${object.metadata.name} has no pod template`);
  return template.spec;
}

/** Every container of a pod, init containers first. */
export const allContainers = (spec: PodSpec): Container[] => [...(spec.initContainers ?? []), ...spec.containers];
