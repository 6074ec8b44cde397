import { AuthorizationV1Api, type KubeConfig, type V1ResourceRule } from "@kubernetes/client-node";
import type { Right } from "./verb.ts";

/** What every verb needs that changes something: its lease, and the evidence that it leaves. */
export const rightsOfActing: readonly Right[] = [
  { group: "coordination.k8s.io", resource: "leases", verbs: ["get", "create", "update"] },
  { group: "", resource: "configmaps", verbs: ["list", "create", "delete"] },
];

/** The rights that are missing in a namespace, all at once: `update cronjobs/status.batch`. */
export async function missingRights(
  kubeConfig: KubeConfig,
  namespace: string,
  rights: readonly Right[],
): Promise<string[]> {
  const api = kubeConfig.makeApiClient(AuthorizationV1Api);
  const { status } = await api.createSelfSubjectRulesReview({ body: { spec: { namespace } } });
  const wanted = rights.flatMap(({ verbs, ...right }) => verbs.map((verb) => ({ ...right, verb })));
  const missing = wanted.filter((want) => !status?.resourceRules.some((rule) => grants(rule, want)));
  if (!status?.incomplete) return missing.map(nameOf);
  // An authorizer that cannot list its rules still answers about each.
  const refused = await Promise.all(
    missing.map(async (want) => {
      const [resource, subresource] = want.resource.split("/");
      const { status: answer } = await api.createSelfSubjectAccessReview({
        body: {
          spec: {
            resourceAttributes: {
              namespace,
              group: want.group,
              resource: resource!,
              ...(subresource && { subresource }),
              verb: want.verb,
            },
          },
        },
      });
      return answer?.allowed ? [] : [want];
    }),
  );
  return refused.flat().map(nameOf);
}

interface Want {
  readonly group: string;
  readonly resource: string;
  readonly verb: string;
}

const nameOf = ({ group, resource, verb }: Want): string => `${verb} ${resource}${group === "" ? "" : `.${group}`}`;

/** A rule for some names only does not do: what a verb acts on is not known before. */
function grants(
  { apiGroups = [], resources = [], verbs, resourceNames = [] }: V1ResourceRule,
  { group, resource, verb }: Want,
): boolean {
  const has = (list: readonly string[], value: string) => list.includes("*") || list.includes(value);
  return (
    resourceNames.length === 0 &&
    has(apiGroups, group) &&
    has(verbs, verb) &&
    (has(resources, resource) || resources.includes(`*/${resource.split("/")[1]}`))
  );
}
