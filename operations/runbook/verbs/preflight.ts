import type { Target } from "../../../components/systems/target.ts";
import { type Fact, measured, no, yes } from "../fact.ts";
import { missingRights, rightsOfActing } from "../rights.ts";
import { addOns, autoscaling, budgets, rightsOfAddOns } from "../readiness/conditions.ts";
import { certificates } from "../readiness/certificates.ts";
import { nodes, rightsOfCluster, storageClasses } from "../readiness/nodes.ts";
import { room } from "../readiness/room.ts";
import { suspended, warnings } from "../readiness/warnings.ts";
import type { ActingVerb, ReadingVerb, Scope, Verb } from "../verb.ts";
import { living, settled } from "../workloads.ts";
import { backups } from "./backups.ts";

/** Says whether all holds that a release or a maintenance needs (G12). */
export const preflight = (all: () => readonly Verb[]): ReadingVerb => ({
  kind: "reads",
  name: "preflight",
  summary:
    "Ask whether all holds that a release or a maintenance needs: nodes, storage, add-ons, autoscalers, disruption budgets, room in the quota, copies, certificates, schedules, warnings, and your own rights.",
  names: [],
  options: [],
  rights: [
    { group: "apps", resource: "deployments", verbs: ["get"] },
    { group: "apps", resource: "statefulsets", verbs: ["get"] },
    { group: "autoscaling", resource: "horizontalpodautoscalers", verbs: ["list"] },
    { group: "batch", resource: "cronjobs", verbs: ["list"] },
    { group: "batch", resource: "jobs", verbs: ["list"] },
    { group: "networking.k8s.io", resource: "ingresses", verbs: ["list"] },
    { group: "policy", resource: "poddisruptionbudgets", verbs: ["list"] },
    { group: "", resource: "events", verbs: ["list"] },
    { group: "", resource: "persistentvolumeclaims", verbs: ["list"] },
    { group: "", resource: "pods", verbs: ["list"] },
    { group: "", resource: "resourcequotas", verbs: ["list"] },
    { group: "", resource: "secrets", verbs: ["get"] },
    ...rightsOfAddOns,
  ],
  clusterRights: rightsOfCluster,
  examples: ["preflight", "preflight techbra-ecommerce --strict"],
  async look(target, scope, input) {
    const { namespace } = target;
    const there = (kind?: "Deployment") =>
      Promise.all(
        target.workloads
          .filter((workload) => kind === undefined || workload.kind === kind)
          .map((workload) => living(scope.kubeConfig, namespace, workload)),
      );
    const parts = await Promise.all([
      measured("nodes", () => nodes(scope)),
      measured("storage classes", () => storageClasses(namespace, scope)),
      measured("workloads", async () => (await there()).map(ready)),
      addOns(namespace, scope),
      measured("autoscalers", () => autoscaling(namespace, scope)),
      measured("disruption budgets", () => budgets(namespace, scope)),
      measured("quota", async () => room(namespace, await there("Deployment"), scope)),
      backups.look(target, scope, { ...input, names: [] }).then(({ facts }) => facts),
      measured("certificates", () => certificates(namespace, scope)),
      measured("schedules", () => suspended(namespace, scope)),
      measured("warnings of the cluster", () => warnings(namespace, scope)),
      measured("your rights", () => mayAct(target, scope, all().filter(acts))),
    ]);
    return { facts: parts.flat() };
  },
});

const acts = (verb: Verb): verb is ActingVerb => verb.kind === "acts" || verb.kind === "disturbs";

function ready(workload: Awaited<ReturnType<typeof living>>): Fact {
  const { ready: well, detail } = settled(workload);
  const [about = "", ...rest] = detail.split(": ");
  return (well ? yes : no)(about, rest.join(": "));
}

/** Who finds out in the middle of a night that a right is missing finds out too late. */
async function mayAct(target: Target, { kubeConfig }: Scope, verbs: readonly ActingVerb[]): Promise<Fact> {
  const lacks = await Promise.all(
    verbs.map(async ({ name, rights, more }) => {
      const all = [...rights, ...(more?.(target) ?? []), ...rightsOfActing];
      return { name, missing: await missingRights(kubeConfig, target.namespace, all) };
    }),
  );
  const short = lacks.filter(({ missing }) => missing.length > 0);
  return short.length === 0
    ? yes("your rights", `every verb that acts: ${verbs.map(({ name }) => name).join(", ")}`)
    : no(
        "your rights",
        `they do not do for ${short.map(({ name }) => name).join(", ")}; "runbook rights ${short[0]!.name}" prints what one needs`,
      );
}
