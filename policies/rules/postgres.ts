import { isPostgres } from "../data-stores.ts";
import { containersOf, longRunningKinds, podOf } from "../pod-spec-walker.ts";
import type { ContainerRule, ObjectRule, Rule } from "../rule.ts";

const base = { severity: "critical", kinds: longRunningKinds } as const;

const liveness: ContainerRule = {
  ...base,
  id: "B04-postgres-liveness",
  scope: "container",
  row: ["B04"],
  title: "Postgres' liveness probe is patient",
  rationale: "An impatient probe kills a Postgres that is only busy, and every kill starts another recovery.",
  remediation: "livenessProbe:\n  timeoutSeconds: 10\n  initialDelaySeconds: 60\n  periodSeconds: 30\n  failureThreshold: 5",
  *check(container, object, settings) {
    const probe = container.spec.livenessProbe;
    if (!probe || !isPostgres(container, object)) return; // a missing probe is X03's
    const required = settings["B04-postgres-liveness"];
    const actual = { timeoutSeconds: probe.timeoutSeconds ?? 1, initialDelaySeconds: probe.initialDelaySeconds ?? 0, periodSeconds: probe.periodSeconds ?? 10, failureThreshold: probe.failureThreshold ?? 3 };
    for (const field of ["timeoutSeconds", "initialDelaySeconds", "periodSeconds", "failureThreshold"] as const) {
      if (actual[field] >= required[field]) continue;
      yield {
        path: `${container.path}.livenessProbe.${field}`,
        message: `livenessProbe.${field} is ${actual[field]}, must be at least ${required[field]}`,
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
  title: "Postgres' startup probe leaves time for a crash recovery",
  rationale: "Liveness alone kills a recovery that takes longer than its numbers; the database then never comes back.",
  remediation: "startupProbe:\n  periodSeconds: 10\n  failureThreshold: 60",
  *check(container, object, settings) {
    const probe = container.spec.startupProbe;
    if (!probe || !isPostgres(container, object)) return;
    const { periodSeconds = 10, failureThreshold = 3 } = probe;
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
  rationale: "A Deployment may start the new Postgres before the old one is gone: two servers on one volume destroy it.",
  remediation: "apiVersion: apps/v1\nkind: StatefulSet\nspec:\n  replicas: 1\n  volumeClaimTemplates:\n    - metadata: { name: data }",
  *check(object) {
    const pod = podOf(object);
    if (pod === undefined || object.kind === "StatefulSet") return;
    for (const container of containersOf(pod)) {
      if (isPostgres(container, object)) {
        yield { path: "kind", message: `Postgres runs in a ${object.kind}, must be a StatefulSet`, container: container.spec.name };
      }
    }
  },
};

/** B04, B05: what keeps Postgres alive. */
export const postgresRules: readonly Rule[] = [liveness, startup, statefulSet];
