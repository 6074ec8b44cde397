import type { V1Probe } from "@kubernetes/client-node";
import { isMain } from "../../cel/pods.ts";
import { isPostgres as celPostgres } from "../../cel/data-stores.ts";
import { isPostgres } from "../../facts/data-stores.ts";
import { enumerated } from "../../model/enumerated.ts";
import { longRunningKinds } from "../../model/pod-spec-walker.ts";
import type { ContainerRule, Rule } from "../rule.ts";
import { probeCommandRules } from "./probe-commands.ts";

const base = { scope: "container", kinds: [...longRunningKinds, "Pod"], row: ["X03"], severity: "high" } as const;

const probeKinds = ["startupProbe", "readinessProbe", "livenessProbe"] as const;

const isServing = [
  'variables.pod.?restartPolicy.orValue("Always") == "Always"',
  `(${isMain} || (container.?restartPolicy.orValue("") == "Always" && container.?ports.orValue([]).size() > 0))`,
].join(" && ");

const probes: ContainerRule = {
  ...base,
  id: "X03-probes",
  title: "Long-running containers have the probes they need",
  rationale:
    "Readiness keeps traffic from a container that cannot serve, liveness restarts one that hangs, startup gives a slow one its time.",
  remediation: [
    "startupProbe:",
    "  httpGet: { path: /health/live, port: http }",
    "  periodSeconds: 5",
    "  failureThreshold: 30",
    "readinessProbe:",
    "  httpGet: { path: /health/ready, port: http }",
    "livenessProbe:",
    "  httpGet: { path: /health/live, port: http }",
    "  timeoutSeconds: 5",
  ].join("\n"),
  sources: {
    scanners: [
      "kube-linter no-liveness-probe",
      "kube-linter no-readiness-probe",
      "Checkov CKV_K8S_8",
      "Checkov CKV_K8S_9",
      "kube-score pod-probes",
      "Polaris livenessProbeMissing",
      "Polaris readinessProbeMissing",
    ],
  },
  admission: ({ "X03-probes": { required } }) =>
    required.map((probe) => ({ expression: `!(${isServing}) || has(container.${probe})`, message: `has no ${probe}` })),
  *check({ role, spec, path, pod }, _object, { "X03-probes": { required } }) {
    if ((pod.spec.restartPolicy ?? "Always") !== "Always") return; // a Pod that is meant to end
    if (role !== "main" && !(role === "sidecar" && (spec.ports ?? []).length > 0)) return;
    const missing = required.filter((probe) => !spec[probe]);
    if (missing.length > 0)
      yield {
        path: missing.length === 1 ? `${path}.${missing[0]}` : path,
        message: `has ${enumerated(missing.map((probe) => `no ${probe}`))}`,
      };
  },
};

/** What makes a probe's question, and what stands for a field that is not there; the API server fills in the path. */
const question = {
  "httpGet.?path": '"/"',
  "httpGet.?port": '""',
  "exec.?command": "[]",
  "tcpSocket.?port": '""',
  "grpc.?port": "0",
  "grpc.?service": '""',
};
const differs = Object.entries(question).map(
  ([field, none]) =>
    `container.livenessProbe.?${field}.orValue(${none}) != container.readinessProbe.?${field}.orValue(${none})`,
);

const livenessDiffers: ContainerRule = {
  ...base,
  id: "X03-liveness-differs",
  title: "Liveness and readiness probes are different",
  rationale: "If both are the same, a container that only waits for something is restarted, and the outage gets worse.",
  remediation:
    "livenessProbe:\n  httpGet: { path: /health/live, port: http }    # the process itself, no dependency\nreadinessProbe:\n  httpGet: { path: /health/ready, port: http }   # and what it needs to serve",
  sources: { scanners: ["kube-score pod-probes"] },
  admission: [
    {
      expression: `!has(container.livenessProbe) || !has(container.readinessProbe) || ${differs.join(" || ")}`,
      message: "livenessProbe asks the same as readinessProbe",
    },
  ],
  *check({ spec, path }) {
    if (!spec.livenessProbe || !spec.readinessProbe) return;
    if (questionOf(spec.livenessProbe) === questionOf(spec.readinessProbe)) {
      yield { path: `${path}.livenessProbe`, message: "livenessProbe asks the same as readinessProbe" };
    }
  },
};

function questionOf({ httpGet, exec, tcpSocket, grpc }: V1Probe): string {
  return JSON.stringify([
    httpGet?.path ?? "/",
    httpGet?.port,
    exec?.command,
    tcpSocket?.port,
    grpc?.port,
    grpc?.service ?? "",
  ]);
}

const timing = { timeoutSeconds: 1, periodSeconds: 10, failureThreshold: 3 } as const;
const fieldOf = (probe: (typeof probeKinds)[number], field: keyof typeof timing) =>
  `container.?${probe}.?${field}.orValue(${timing[field]})`;

const livenessTiming: ContainerRule = {
  ...base,
  id: "X03-liveness-timing",
  title: "Liveness probes tolerate slow answers",
  rationale: "One slow answer under load must not restart a container that works.",
  remediation: "livenessProbe:\n  periodSeconds: 10\n  timeoutSeconds: 5\n  failureThreshold: 3",
  admission: ({ "X03-liveness-timing": { minTimeoutSeconds, minFailureThreshold } }) =>
    [
      {
        fine: `${fieldOf("livenessProbe", "timeoutSeconds")} >= ${minTimeoutSeconds}`,
        message: `livenessProbe.timeoutSeconds is below ${minTimeoutSeconds}`,
      },
      {
        fine: `${fieldOf("livenessProbe", "timeoutSeconds")} <= ${fieldOf("livenessProbe", "periodSeconds")}`,
        message: "livenessProbe.timeoutSeconds is longer than its period",
      },
      {
        fine: `${fieldOf("livenessProbe", "failureThreshold")} >= ${minFailureThreshold}`,
        message: `livenessProbe.failureThreshold is below ${minFailureThreshold}`,
      },
    ].map(({ fine, message }) => ({
      expression: `!has(container.livenessProbe) || ${celPostgres} || ${fine}`,
      message,
    })),
  *check(container, object, settings) {
    const { spec, path } = container;
    if (!spec.livenessProbe || isPostgres(container, object)) return; // Postgres has numbers of its own
    const {
      timeoutSeconds = timing.timeoutSeconds,
      periodSeconds = timing.periodSeconds,
      failureThreshold = timing.failureThreshold,
    } = spec.livenessProbe;
    const { minTimeoutSeconds, minFailureThreshold } = settings["X03-liveness-timing"];
    const at = (field: string) => `${path}.livenessProbe.${field}`;
    if (timeoutSeconds < minTimeoutSeconds) {
      yield {
        path: at("timeoutSeconds"),
        message: `livenessProbe.timeoutSeconds is ${timeoutSeconds}, must be at least ${minTimeoutSeconds}`,
      };
    }
    if (timeoutSeconds > periodSeconds) {
      yield {
        path: at("timeoutSeconds"),
        message: `livenessProbe.timeoutSeconds is ${timeoutSeconds}, longer than its period of ${periodSeconds} s`,
      };
    }
    if (failureThreshold < minFailureThreshold) {
      yield {
        path: at("failureThreshold"),
        message: `livenessProbe.failureThreshold is ${failureThreshold}, must be at least ${minFailureThreshold}`,
      };
    }
  },
};

const readinessTiming: ContainerRule = {
  ...base,
  id: "X03-readiness-timing",
  severity: "medium",
  title: "The readiness probe's timeout is within its period",
  rationale:
    "A probe waits for the one before it. With a timeout above the period, a container that hangs gets traffic for longer than the settings say.",
  remediation: "readinessProbe:\n  periodSeconds: 10\n  timeoutSeconds: 5",
  admission: [
    {
      expression: `${fieldOf("readinessProbe", "timeoutSeconds")} <= ${fieldOf("readinessProbe", "periodSeconds")}`,
      message: "readinessProbe.timeoutSeconds is longer than its period",
    },
  ],
  *check({ spec, path }) {
    const { timeoutSeconds = timing.timeoutSeconds, periodSeconds = timing.periodSeconds } = spec.readinessProbe ?? {};
    if (timeoutSeconds <= periodSeconds) return;
    yield {
      path: `${path}.readinessProbe.timeoutSeconds`,
      message: `readinessProbe.timeoutSeconds is ${timeoutSeconds}, longer than its period of ${periodSeconds} s`,
    };
  },
};

const startupBudget: ContainerRule = {
  ...base,
  id: "X03-startup-budget",
  severity: "medium",
  title: "The startup probe allows enough time for a start",
  rationale: "A container that starts slowly on a busy node is killed in the middle, and starts again, for ever.",
  remediation: "startupProbe:\n  periodSeconds: 5\n  failureThreshold: 30   # 150 s",
  admission: ({ "X03-startup-budget": { minBudgetSeconds } }) => [
    {
      expression: `!has(container.startupProbe) || ${celPostgres} || ${fieldOf("startupProbe", "periodSeconds")} * ${fieldOf("startupProbe", "failureThreshold")} >= ${minBudgetSeconds}`,
      message: `startupProbe gives up before ${minBudgetSeconds} s`,
    },
  ],
  *check(container, object, settings) {
    const { spec, path } = container;
    if (!spec.startupProbe || isPostgres(container, object)) return; // Postgres has a number of its own
    const { periodSeconds = timing.periodSeconds, failureThreshold = timing.failureThreshold } = spec.startupProbe;
    const { minBudgetSeconds } = settings["X03-startup-budget"];
    if (periodSeconds * failureThreshold >= minBudgetSeconds) return;
    yield {
      path: `${path}.startupProbe`,
      message: `startupProbe gives up after ${periodSeconds * failureThreshold} s, must allow at least ${minBudgetSeconds} s`,
      fix: `startupProbe:\n  periodSeconds: ${periodSeconds}\n  failureThreshold: ${Math.ceil(minBudgetSeconds / periodSeconds)}`,
    };
  },
};

/** X03: startup, readiness and liveness. */
export const probeRules: readonly Rule[] = [
  probes,
  livenessDiffers,
  livenessTiming,
  readinessTiming,
  startupBudget,
  ...probeCommandRules,
];
