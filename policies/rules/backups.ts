import type { V1StatefulSetSpec } from "@kubernetes/client-node";
import { backupOf, dataStore } from "../../components/workload/labels.ts";
import { dataStoreKind, dataStoreKinds } from "../data-stores.ts";
import type { KubernetesObject } from "../kubernetes-object.ts";
import { containersOf, podOf } from "../pod-spec-walker.ts";
import type { ObjectRule, Rule, StackRule } from "../rule.ts";

const base = { row: ["X07"], severity: "critical" } as const;

const backup: StackRule = {
  ...base,
  id: "X07-backup",
  scope: "stack",
  kinds: dataStoreKinds,
  title: "Each data store has a backup that is restored to verify it",
  rationale: "Data without a backup is lost with its disk, and a backup that was never restored is a hope.",
  remediation: `apiVersion: batch/v1\nkind: CronJob\nmetadata:\n  labels:\n    ${backupOf}: <the data store's name>`,
  *check(object, stack) {
    const kind = dataStoreKind(object);
    if (kind === undefined || kind === "redis-cache") return;
    const fix = backupLines(object);
    const backups = stack.inNamespace("CronJob", object.namespace).filter((job) => (job.labels[backupOf] ?? job.annotations[backupOf]) === object.name);
    if (backups.length === 0) {
      yield { path: "", message: `data store (${kind}) has no backup: no CronJob in namespace "${object.namespace}" is labelled ${backupOf}=${object.name}`, fix };
      return;
    }
    const running = backups.filter((job) => (job.manifest["spec"] as { suspend?: boolean } | undefined)?.suspend !== true);
    if (running.length === 0) {
      yield { path: "", message: `data store (${kind}) has no backup: ${backups[0]?.ref} is suspended`, fix: `# on ${backups[0]?.ref}\nspec:\n  suspend: false` };
    } else if (!running.some(isVerified)) {
      yield { path: "", message: `the backup of this data store (${kind}) is never restored: ${running[0]?.ref} has no container named "verify"`, fix };
    }
  },
};

const volumesKept: ObjectRule = {
  ...base,
  id: "X07-volumes-kept",
  scope: "object",
  kinds: ["StatefulSet"],
  title: "Volumes of data stores outlive their StatefulSet",
  rationale: "With Delete, removing the StatefulSet or scaling it to zero removes the data.",
  remediation: "spec:\n  persistentVolumeClaimRetentionPolicy:\n    whenDeleted: Retain\n    whenScaled: Retain",
  *check(object) {
    const kind = dataStoreKind(object);
    if (kind === undefined || kind === "redis-cache") return;
    const policy = (object.manifest["spec"] as V1StatefulSetSpec | undefined)?.persistentVolumeClaimRetentionPolicy;
    for (const event of ["whenDeleted", "whenScaled"] as const) {
      const action = policy?.[event] ?? "Retain";
      if (action !== "Retain") {
        yield { path: `spec.persistentVolumeClaimRetentionPolicy.${event}`, message: `volumes of this data store are removed: ${event} is ${action}` };
      }
    }
  },
};

function isVerified(job: KubernetesObject): boolean {
  const pod = podOf(job);
  return pod !== undefined && [...containersOf(pod)].some(({ spec }) => spec.name === "verify");
}

function backupLines(store: KubernetesObject): string {
  return [
    "apiVersion: batch/v1", "kind: CronJob", "metadata:", `  name: ${store.name}-backup`, `  namespace: ${store.namespace}`, "  labels:",
    `    ${backupOf}: ${store.name}`, "spec:", '  schedule: "0 2 * * *"', "  suspend: false", "  jobTemplate:", "    spec:", "      template:", "        spec:",
    "          initContainers:", "            - name: dump      # writes the copy", "          containers:",
    "            - name: verify    # restores it into a scratch database and compares",
    `# a store that may lose its data says so: ${dataStore}: redis-cache`,
  ].join("\n");
}

/** X07: backups, and volumes that survive. */
export const backupRules: readonly Rule[] = [backup, volumesKept];
