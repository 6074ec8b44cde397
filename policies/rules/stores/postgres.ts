import { cel } from "../../cel/template.ts";
import { isPostgres as celIsPostgres } from "../../cel/data-stores.ts";
import { isPostgres } from "../../facts/data-stores.ts";
import { containersOf, longRunningKinds, podOf } from "../../model/pod-spec-walker.ts";
import type { ContainerRule, ObjectRule, Rule } from "../rule.ts";

const base = { severity: "critical", kinds: longRunningKinds } as const;

/** What Kubernetes takes where a probe does not say it. */
const probeDefaults = { timeoutSeconds: 1, initialDelaySeconds: 0, periodSeconds: 10, failureThreshold: 3 } as const;
const patience = ["timeoutSeconds", "initialDelaySeconds", "periodSeconds", "failureThreshold"] as const;

const liveness: ContainerRule = {
  ...base,
  id: "B04-postgres-liveness",
  scope: "container",
  row: ["B04"],
  title: "Postgres' liveness probe tolerates slow answers",
  rationale: "An impatient probe kills a Postgres that is only busy, and every kill starts another recovery.",
  remediation:
    "livenessProbe:\n  timeoutSeconds: 10\n  initialDelaySeconds: 60\n  periodSeconds: 30\n  failureThreshold: 5",
  admission: ({ "B04-postgres-liveness": required }) =>
    patience.map((field) => ({
      expression: `!${celIsPostgres} || !has(container.livenessProbe) || container.livenessProbe.?${field}.orValue(${probeDefaults[field]}) >= ${required[field]}`,
      message: `livenessProbe.${field} is below ${required[field]}`,
    })),
  *check(container, object, settings) {
    const probe = container.spec.livenessProbe;
    if (!probe || !isPostgres(container, object)) return; // a missing probe is X03's
    const required = settings["B04-postgres-liveness"];
    for (const field of patience) {
      const actual = probe[field] ?? probeDefaults[field];
      if (actual >= required[field]) continue;
      yield {
        path: `${container.path}.livenessProbe.${field}`,
        message: `livenessProbe.${field} is ${actual}, must be at least ${required[field]}`,
        fix: `livenessProbe:\n  ${field}: ${required[field]}`,
      };
    }
  },
};

const startup: ContainerRule = {
  ...base,
  id: "B05-postgres-startup",
  scope: "container",
  row: ["B05"],
  title: "Postgres' startup probe allows enough time for a crash recovery",
  rationale:
    "Without a startup probe, liveness kills a recovery that takes longer than it allows, and the database never comes back.",
  remediation: "startupProbe:\n  periodSeconds: 10\n  failureThreshold: 60",
  admission: ({ "B05-postgres-startup": { budgetSeconds } }) => [
    {
      expression: cel`!${celIsPostgres} || !has(container.startupProbe)
        || container.startupProbe.?periodSeconds.orValue(${probeDefaults.periodSeconds})
          * container.startupProbe.?failureThreshold.orValue(${probeDefaults.failureThreshold}) >= ${budgetSeconds}`,
      message: `startupProbe gives up before ${budgetSeconds} s`,
    },
  ],
  *check(container, object, settings) {
    const probe = container.spec.startupProbe;
    if (!probe || !isPostgres(container, object)) return;
    const { periodSeconds = probeDefaults.periodSeconds, failureThreshold = probeDefaults.failureThreshold } = probe;
    const { budgetSeconds } = settings["B05-postgres-startup"];
    if (periodSeconds * failureThreshold >= budgetSeconds) return;
    yield {
      path: `${container.path}.startupProbe`,
      message: `startupProbe gives up after ${periodSeconds * failureThreshold} s, must allow at least ${budgetSeconds} s`,
      fix: `startupProbe:\n  periodSeconds: ${periodSeconds}\n  failureThreshold: ${Math.ceil(budgetSeconds / periodSeconds)}`,
    };
  },
};

const statefulSet: ObjectRule = {
  ...base,
  id: "B05-postgres-stateful-set",
  scope: "object",
  row: ["B05"],
  title: "Postgres is a StatefulSet",
  rationale:
    "A Deployment may start the new Postgres before the old one is gone: two servers on one volume destroy it.",
  remediation:
    "apiVersion: apps/v1\nkind: StatefulSet\nspec:\n  replicas: 1\n  volumeClaimTemplates:\n    - metadata: { name: data }",
  admission: [
    {
      expression: `object.kind == "StatefulSet" || !variables.pod.?containers.orValue([]).exists(container, ${celIsPostgres})`,
      message: "Postgres does not run in a StatefulSet",
    },
  ],
  *check(object) {
    const pod = podOf(object);
    if (pod === undefined || object.kind === "StatefulSet") return;
    for (const container of containersOf(pod)) {
      if (isPostgres(container, object)) {
        yield {
          path: "kind",
          message: `Postgres runs in a ${object.kind}, must be a StatefulSet`,
          container: container.spec.name,
        };
      }
    }
  },
};

const sharedMemory: ContainerRule = {
  ...base,
  id: "B03-postgres-shared-memory",
  scope: "container",
  row: ["B03", "P04"],
  severity: "medium",
  title: "Postgres has room for shared memory",
  rationale:
    "Parallel queries share memory in /dev/shm, and of the runtime's own 64 MiB they soon find no space left on device.",
  remediation:
    "volumeMounts:\n  - { name: shm, mountPath: /dev/shm }\n# in the pod\nvolumes:\n  - name: shm\n    emptyDir: { medium: Memory, sizeLimit: 256Mi }",
  admission: [
    {
      expression: `!${celIsPostgres} || container.?volumeMounts.orValue([]).exists(mount, mount.mountPath == "/dev/shm")`,
      message: "Postgres has no volume at /dev/shm",
    },
  ],
  *check(container, object) {
    if (!isPostgres(container, object)) return;
    if ((container.spec.volumeMounts ?? []).some(({ mountPath }) => mountPath === "/dev/shm")) return;
    yield {
      path: `${container.path}.volumeMounts`,
      message: "Postgres has no volume at /dev/shm, only the runtime's 64 MiB",
    };
  },
};

/** B03, B04, B05: what keeps Postgres alive. */
export const postgresRules: readonly Rule[] = [liveness, startup, statefulSet, sharedMemory];
