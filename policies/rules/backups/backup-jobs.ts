import { cel } from "../../cel/template.ts";
import type { V1CronJobSpec } from "@kubernetes/client-node";
import { isBackup } from "../../cel/data-stores.ts";
import { copiedStore } from "../../facts/data-stores.ts";
import type { KubernetesObject } from "../../model/kubernetes-object.ts";
import { podOf } from "../../model/pod-spec-walker.ts";
import type { ObjectRule, Rule, StackRule } from "../rule.ts";

const base = { kinds: ["CronJob"], severity: "high" } as const;

const active: ObjectRule = {
  ...base,
  id: "X07-backup-active",
  scope: "object",
  row: ["X07"],
  severity: "critical",
  title: "Backups are not suspended",
  rationale: "A backup that was suspended for an afternoon and forgotten is missed on the day it is needed.",
  remediation: "spec:\n  suspend: false",
  admission: [
    {
      expression: `!${isBackup} || object.spec.?suspend.orValue(false) != true`,
      message: "is a backup, and suspended",
    },
  ],
  *check(object) {
    const store = copiedStore(object);
    if (store !== undefined && (object.manifest["spec"] as Partial<V1CronJobSpec> | undefined)?.suspend === true) {
      yield { path: "spec.suspend", message: `is the backup of ${store}, and suspended` };
    }
  },
};

/** Names of the job's steps: `before` of those that follow each other, `beside` of those behind them. */
const celVariables = {
  before: cel`variables.pod.?initContainers.orValue([]).map(step, step.name)`,
  beside: cel`variables.pod.?containers.orValue([]).map(step, step.name)`,
};
const hasStep = (step: string) => cel`${step} in variables.before + variables.beside`;

const prunesBehind: ObjectRule = {
  ...base,
  id: "B11-prune-behind-verify",
  scope: "object",
  row: ["B11", "E10", "G14"],
  severity: "critical",
  title: "Old backups are deleted only after a verified new one, and the last ones never",
  rationale:
    "A job that deletes old copies before a new one is verified deletes the last good ones while the new ones are broken.",
  remediation: [
    "initContainers:",
    "  - name: dump",
    "  - name: verify   # fails the job, and nothing after it runs",
    "containers:",
    "  - name: prune",
    "    env:",
    '      - { name: KEEP_AT_LEAST, value: "7" }   # verified copies that stay however old they are',
  ].join("\n"),
  admission: ({ "B11-prune-behind-verify": { keepAtLeast } }) => [
    {
      expression: cel`!${isBackup} || !(${hasStep("verify")}) || !(${hasStep("prune")}) || "verify" in variables.before
        && ("prune" in variables.beside || variables.before.indexOf("verify") < variables.before.indexOf("prune"))`,
      message: "prune does not wait for verify",
    },
    {
      expression: cel`!${isBackup} || (variables.pod.?initContainers.orValue([]) + variables.pod.?containers.orValue([]))
        .all(step, step.name != "prune" || step.?env.orValue([]).exists(variable, variable.name == "KEEP_AT_LEAST"
          && variable.?value.orValue("").matches("^[0-9]{1,9}$") && int(variable.value) >= ${keepAtLeast}))`,
      message: `prune does not keep at least ${keepAtLeast} copies`,
    },
  ],
  celVariables,
  *check(object, settings) {
    const pod = podOf(object);
    if (copiedStore(object) === undefined || pod === undefined) return;
    const { initContainers = [], containers } = pod.spec;
    const steps = [...initContainers, ...containers];
    const prune = steps.find(({ name }) => name === "prune");
    if (prune === undefined) return;
    const isVerify = ({ name }: { readonly name: string }) => name === "verify";
    // Init containers run one after the other, and all of them before the others.
    const before = initContainers.slice(0, steps.indexOf(prune));
    if (steps.some(isVerify) && !before.some(isVerify))
      yield { path: pod.path, message: "prune does not wait for verify", container: "prune" };
    const { keepAtLeast } = settings["B11-prune-behind-verify"];
    const kept = prune.env?.find(({ name }) => name === "KEEP_AT_LEAST")?.value;
    if (!(Number(kept) >= keepAtLeast)) {
      yield {
        path: pod.path,
        message: `prune has KEEP_AT_LEAST ${kept ?? "not set"}, must keep at least ${keepAtLeast} copies`,
        container: "prune",
      };
    }
  },
};

const elsewhere: StackRule = {
  ...base,
  id: "B11-backup-elsewhere",
  scope: "stack",
  row: ["B11", "G08"],
  severity: "critical",
  title: "Backups are not stored on the volume that they copy",
  rationale: "If both are on one volume, a failed disk or a deleted claim takes the data and all copies of it.",
  remediation:
    "volumes:\n  - name: backups\n    persistentVolumeClaim: { claimName: <a claim of their own> }\n# and, behind verify, a container named upload that copies them to a bucket",
  admission: { beyondCel: "The claims of the data are those of another object." },
  *check(object, objects, settings) {
    const store = copiedStore(object);
    const pod = podOf(object);
    if (store === undefined || pod === undefined) return;
    const path = `${pod.path}.volumes`;
    const uploads = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].some(({ name }) => name === "upload");
    if (!uploads && settings["B11-backup-elsewhere"].requireUpload) {
      yield { path: pod.path, message: `copies of ${store} stay in the cluster: no container is named "upload"` };
    }
    const claims = claimsOf(pod.spec.volumes);
    const data =
      objects.named("StatefulSet", object.namespace, store) ?? objects.named("Deployment", object.namespace, store);
    const own = claims.filter((claim) => data === undefined || !isClaimOf(claim, data));
    if (own.length > 0 || uploads) return;
    const where =
      claims.length > 0
        ? `beside the data, on its own claim ${claims.join(", ")}`
        : 'nowhere that outlives the job: it has neither a volume claim nor a container named "upload"';
    yield { path, message: `copies of ${store} lie ${where}` };
  },
};

function claimsOf(volumes: readonly { persistentVolumeClaim?: { claimName: string } }[] = []): string[] {
  return volumes.flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? []);
}

/** A StatefulSet's claims are named after the template, the set and the pod's number. */
function isClaimOf(claim: string, store: KubernetesObject): boolean {
  const { volumeClaimTemplates = [] } = (store.manifest["spec"] ?? {}) as {
    volumeClaimTemplates?: readonly { metadata?: { name?: string } }[];
  };
  const made = volumeClaimTemplates.some(({ metadata }) =>
    new RegExp(`^${metadata?.name}-${store.name}-\\d+$`).test(claim),
  );
  return made || claimsOf(podOf(store)?.spec.volumes).includes(claim);
}

/** X07, B11: what a backup's own job must do. */
export const backupJobRules: readonly Rule[] = [active, prunesBehind, elsewhere];
