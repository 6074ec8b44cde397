import { cel } from "../../cel/template.ts";
import type { KubernetesObject } from "../../model/kubernetes-object.ts";

const label = "kubernetes.io/bootstrapping";
const names = "^(system:.*|cluster-admin|admin|edit|view)$";

/**
 * Whether the API server itself makes a role or binding, at each start: `cluster-admin`, `system:…`. What it gives
 * cannot be changed.
 */
export function isBuiltIn(object: KubernetesObject): boolean {
  return object.labels[label] === "rbac-defaults" && new RegExp(names).test(object.name);
}

/** {@link isBuiltIn} as CEL. */
export const builtInCel = cel`(
  object.metadata.?labels[?${label}].orValue("") == "rbac-defaults" && object.metadata.name.matches(${names})
)`;
