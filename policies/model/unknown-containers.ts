import { foreignPods } from "./foreign-pods.ts";
import { hasGroup } from "./kind-groups.ts";
import { known } from "./not-evaluable.ts";
import type { KubernetesObject } from "./kubernetes-object.ts";
import { podOf } from "./pod-spec-walker.ts";

const containerLists = ["containers", "initContainers", "ephemeralContainers", "sidecars", "steps"];
/** What tells a container from other things with a name. */
const containerFields = ["image", "command", "args", "env", "securityContext", "volumeMounts"];

/**
 * Where an object of another controller's kind holds a list of containers that is none of {@link foreignPods};
 * undefined for all others.
 */
export function unknownContainers(object: KubernetesObject): string | undefined {
  if (object.unseen !== undefined || hasGroup(object.kind) || object.kind === "CustomResourceDefinition")
    return undefined;
  return known(() => {
    const walked = new Set(foreignPods(object).map((pod) => podOf(pod)?.path));
    return containersBelow(object.manifest, "", walked);
  });
}

function containersBelow(value: unknown, path: string, walked: ReadonlySet<string | undefined>): string | undefined {
  if (typeof value !== "object" || value === null || walked.has(path)) return undefined;
  for (const key of Object.keys(value)) {
    const below = (value as Readonly<Record<string, unknown>>)[key];
    const at = Array.isArray(value) ? `${path}[${key}]` : `${path}${path === "" ? "" : "."}${key}`;
    if (
      containerLists.includes(key) &&
      Array.isArray(below) &&
      below.some(
        (item: unknown) => typeof item === "object" && item !== null && containerFields.some((field) => field in item),
      )
    )
      return at;
    const deeper = containersBelow(below, at, walked);
    if (deeper !== undefined) return deeper;
  }
  return undefined;
}
