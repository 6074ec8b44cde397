import type { V1CronJobSpec, V1StatefulSetSpec } from "@kubernetes/client-node";
import { backupOf, dataStore } from "../../../components/workload/labels.ts";
import { runsDaily } from "../../model/cron.ts";
import { isKeptStore } from "../../cel/data-stores.ts";
import { dataStoreKinds, keptStoreKind } from "../../facts/data-stores.ts";
import { known, NotEvaluable } from "../../model/not-evaluable.ts";
import type { KubernetesObject } from "../../model/kubernetes-object.ts";
import { containersOf, podOf } from "../../model/pod-spec-walker.ts";
import type { ObjectRule, Rule, StackRule } from "../rule.ts";
import type { ObjectIndex } from "../../model/object-index.ts";
import { backupJobRules } from "./backup-jobs.ts";

const base = { row: ["X07"], severity: "critical" } as const;

const backup: StackRule = {
  ...base,
  id: "X07-backup",
  scope: "stack",
  kinds: dataStoreKinds,
  title: "Each data store has a backup that is restored to verify it",
  rationale: "Data without a backup is lost with its disk, and a backup that was never restored is a hope.",
  remediation: `apiVersion: batch/v1\nkind: CronJob\nmetadata:\n  labels:\n    ${backupOf}: <the data store's name>`,
  admission: { beyondCel: "The backup is another object." },
  *check(object, objects) {
    const kind = keptStoreKind(object);
    if (kind === undefined) return;
    const fix = backupLines(object);
    const backups = backupsOf(object, objects);
    const [first] = backups;
    if (first === undefined) {
      yield {
        path: "",
        message: `data store (${kind}) has no backup: no CronJob in namespace "${object.namespace}" is labelled ${backupOf}=${object.name}`,
        fix,
      };
    } else if (!backups.some(isVerified)) {
      yield {
        path: "",
        message: `the backup of this data store (${kind}) is never restored: ${first.ref} has no container named "verify"`,
        fix,
      };
    }
  },
};

const daily: StackRule = {
  ...base,
  id: "X07-backup-daily",
  scope: "stack",
  kinds: dataStoreKinds,
  row: ["X07", "B10", "P06", "E09", "G08"],
  severity: "high",
  title: "Each data store is backed up every day",
  rationale: "What was written since the last copy is lost with the disk; the runbooks promise a day, not a week.",
  remediation: 'spec:\n  schedule: "0 2 * * *"',
  admission: { beyondCel: "The backup is another object, and not every backup is a data store's." },
  *check(object, objects) {
    const kind = keptStoreKind(object);
    const backups = kind === undefined ? [] : backupsOf(object, objects);
    const [first] = backups;
    if (first === undefined || backups.some((job) => runsDaily(scheduleOf(job)))) return;
    const jobs = backups.map((job) => `${job.ref} has the schedule "${scheduleOf(job)}"`).join(", ");
    yield {
      path: "",
      message: `this data store (${kind}) is not backed up every day: ${jobs}`,
      fix: `# on ${first.ref}\nspec:\n  schedule: "0 2 * * *"`,
    };
  },
};

const volumesKept: ObjectRule = {
  ...base,
  id: "X07-volumes-kept",
  scope: "object",
  kinds: ["StatefulSet"],
  title: "Volumes of data stores are kept when their StatefulSet is deleted",
  rationale: "With Delete, removing the StatefulSet or scaling it to zero removes the data.",
  remediation: "spec:\n  persistentVolumeClaimRetentionPolicy:\n    whenDeleted: Retain\n    whenScaled: Retain",
  admission: (["whenDeleted", "whenScaled"] as const).map((event) => ({
    expression: `!${isKeptStore} || object.spec.?persistentVolumeClaimRetentionPolicy.?${event}.orValue("Retain") == "Retain"`,
    message: `volumes of this data store are removed: ${event} is not Retain`,
  })),
  *check(object) {
    if (keptStoreKind(object) === undefined) return;
    const policy = (object.manifest["spec"] as V1StatefulSetSpec | undefined)?.persistentVolumeClaimRetentionPolicy;
    for (const event of ["whenDeleted", "whenScaled"] as const) {
      const action = policy?.[event] ?? "Retain";
      if (action !== "Retain") {
        yield {
          path: `spec.persistentVolumeClaimRetentionPolicy.${event}`,
          message: `volumes of this data store are removed: ${event} is ${action}`,
        };
      }
    }
  },
};

/** The backups of a data store. Throws where a CronJob may or may not be one. */
function backupsOf(store: KubernetesObject, objects: ObjectIndex): readonly KubernetesObject[] {
  const { byStore, open } = objects.once(backupIndex);
  const found = byStore.get(`${store.namespace} ${store.name}`);
  if (found !== undefined) return found;
  objects.inNamespace("CronJob", store.namespace); // throws where one has no namespace yet
  const stray = open.get(store.namespace);
  if (stray !== undefined)
    throw new NotEvaluable(`the data store that ${stray.ref} copies is not known before it is created`);
  return [];
}

function backupIndex(objects: readonly KubernetesObject[]) {
  const byStore = new Map<string, KubernetesObject[]>();
  /** A CronJob whose labels are not known yet, by namespace. */
  const open = new Map<string, KubernetesObject>();
  for (const job of objects) {
    const namespace = job.kind === "CronJob" ? known(() => job.namespace) : undefined;
    if (namespace === undefined) continue;
    const store = known(() => job.labels[backupOf] ?? job.annotations[backupOf] ?? "");
    if (store === undefined) open.set(namespace, job);
    else if (store !== "") byStore.set(`${namespace} ${store}`, [...(byStore.get(`${namespace} ${store}`) ?? []), job]);
  }
  return { byStore, open };
}

function scheduleOf(job: KubernetesObject): string {
  return (job.manifest["spec"] as Partial<V1CronJobSpec> | undefined)?.schedule ?? "";
}

function isVerified(job: KubernetesObject): boolean {
  const pod = podOf(job);
  return pod !== undefined && [...containersOf(pod)].some(({ spec }) => spec.name === "verify");
}

function backupLines(store: KubernetesObject): string {
  return [
    "apiVersion: batch/v1",
    "kind: CronJob",
    "metadata:",
    `  name: ${store.name}-backup`,
    `  namespace: ${store.namespace}`,
    "  labels:",
    `    ${backupOf}: ${store.name}`,
    "spec:",
    '  schedule: "0 2 * * *"',
    "  suspend: false",
    "  jobTemplate:",
    "    spec:",
    "      template:",
    "        spec:",
    "          initContainers:",
    "            - name: dump      # writes the copy",
    "          containers:",
    "            - name: verify    # restores it into a scratch database and compares",
    `# a store that may lose its data says so: ${dataStore}: redis-cache`,
  ].join("\n");
}

/** X07: backups, and volumes that survive. */
export const backupRules: readonly Rule[] = [backup, daily, volumesKept, ...backupJobRules];
