import { choice } from "../../settings/nearest-name.ts";
import { known } from "../model/not-evaluable.ts";
import type { KubernetesObject } from "../model/kubernetes-object.ts";
import { podKinds } from "../model/pod-spec-walker.ts";
import type { Settings } from "./settings.ts";

/**
 * The overrides that are for nothing among some objects, as one sentence each; `absent` says what that means where
 * these are not a whole stack.
 * While an object's place is not known yet, none is called so.
 */
export function strayOverrides(
  { overrides }: Pick<Settings, "overrides">,
  objects: readonly KubernetesObject[],
  absent = "which the stack does not have",
): string[] {
  if (overrides.length === 0) return [];
  const places = objects.map((object) =>
    known(() => ({
      namespace: object.kind === "Namespace" ? object.name : object.namespace,
      workload: `${object.kind}/${object.name}`,
      kind: object.kind,
    })),
  );
  const found = places.filter((place) => place !== undefined);
  if (found.length < places.length) return [];
  const namespaces = [...new Set(found.map(({ namespace }) => namespace).filter((name) => name !== ""))];
  return overrides.flatMap(({ namespace, workload }) => {
    if (!namespaces.includes(namespace))
      return [
        `an override of the policies is for namespace "${namespace}", ${absent}; ${choice(namespace, namespaces)}`,
      ];
    const workloads = found
      .filter((place) => place.namespace === namespace && (podKinds as readonly string[]).includes(place.kind))
      .map((place) => place.workload);
    if (workload === undefined || workloads.includes(workload)) return [];
    return [
      `an override of the policies is for workload "${workload}" of namespace "${namespace}", ${absent}; ${choice(workload, workloads)}`,
    ];
  });
}
