import { CoreV1Api, type V1PodTemplateSpec, type V1ResourceQuota } from "@kubernetes/client-node";
import { fromManifest } from "../../../policies/model/kubernetes-object.ts";
import { podDemand } from "../../../policies/facts/pod-demand.ts";
import { parseQuantity } from "../../../settings/quantity.ts";
import { type Fact, no, notMeasured, yes } from "../fact.ts";
import type { Scope } from "../verb.ts";
import type { Living } from "../workloads.ts";

/** What one pod takes of a quota's resource: `requests.cpu`, `limits.memory`, `pods`; 0 of what is no pod's. */
function takenBy({ spec }: V1PodTemplateSpec, resource: string): number {
  if (resource === "pods") return 1;
  const [, list = "requests", name] = /^(?:(requests|limits)\.)?(cpu|memory|ephemeral-storage)$/.exec(resource) ?? [];
  if (name === undefined) return 0;
  const [pod] = fromManifest({ apiVersion: "v1", kind: "Pod", metadata: { name: "pod" }, spec });
  return podDemand(pod!, { list: list as "requests" | "limits", name });
}

/** What the quotas lack for so many more pods of a template: `quota: 1900m of 2 requests.cpu are used`. */
export function lacking(
  quotas: readonly V1ResourceQuota[],
  template: V1PodTemplateSpec,
  count: number,
): readonly string[] {
  return quotas.flatMap(({ metadata, status }) =>
    Object.entries(status?.hard ?? {}).flatMap(([resource, hard]) => {
      const used = status?.used?.[resource] ?? "0";
      return parseQuantity(used)! + takenBy(template, resource) * count > parseQuantity(hard)!
        ? [`${metadata?.name}: ${used} of ${hard} ${resource} are used`]
        : [];
    }),
  );
}

export const quotasOf = async (namespace: string, { kubeConfig }: Scope): Promise<readonly V1ResourceQuota[]> =>
  (await kubeConfig.makeApiClient(CoreV1Api).listNamespacedResourceQuota({ namespace })).items;

/** Whether one more pod of each workload fits whose release starts new pods before old ones end. */
export async function room(namespace: string, workloads: readonly Living[], scope: Scope): Promise<Fact[]> {
  const quotas = await quotasOf(namespace, scope);
  if (quotas.length === 0) return [notMeasured("quota", `namespace ${namespace} has none`)];
  const surging = workloads.filter(
    ({ kind, controller: { spec } }) =>
      kind === "Deployment" && spec && !("strategy" in spec && spec.strategy?.type === "Recreate"),
  );
  const short = surging.flatMap(({ name, controller }) =>
    lacking(quotas, controller.spec!.template, 1).map((what) => `no room for one more pod of ${name}: ${what}`),
  );
  const used = quotas.flatMap(({ status }) =>
    ["pods", "requests.cpu", "requests.memory"].flatMap((resource) =>
      status?.hard?.[resource] ? [`${status.used?.[resource] ?? 0} of ${status.hard[resource]} ${resource}`] : [],
    ),
  );
  return short.length === 0
    ? [yes("quota", `${used.join(", ")} used; one more pod of each workload fits`)]
    : short.map((what) => no("quota", what));
}
