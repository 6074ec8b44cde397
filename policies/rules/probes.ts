import type { V1Probe } from "@kubernetes/client-node";
import { isPostgres } from "../data-stores.ts";
import { longRunningKinds } from "../pod-spec-walker.ts";
import type { ContainerRule, Rule } from "../rule.ts";

const base = { scope: "container", kinds: [...longRunningKinds, "Pod"], row: ["X03"], severity: "high" } as const;

const probes: ContainerRule = {
  ...base,
  id: "X03-probes",
  title: "Long-running containers have all three probes",
  rationale: "Readiness keeps traffic from a container that cannot serve, liveness restarts one that hangs, startup gives a slow one its time.",
  remediation: [
    "startupProbe:", "  httpGet: { path: /health/live, port: http }", "  periodSeconds: 5", "  failureThreshold: 30",
    "readinessProbe:", "  httpGet: { path: /health/ready, port: http }",
    "livenessProbe:", "  httpGet: { path: /health/live, port: http }", "  timeoutSeconds: 5",
  ].join("\n"),
  *check({ role, spec, path, pod }) {
    if ((pod.spec.restartPolicy ?? "Always") !== "Always") return; // a Pod that is meant to end
    if (role !== "main" && !(role === "sidecar" && (spec.ports ?? []).length > 0)) return;
    for (const probe of ["startupProbe", "readinessProbe", "livenessProbe"] as const) {
      if (!spec[probe]) yield { path: `${path}.${probe}`, message: `has no ${probe}` };
    }
  },
};

const livenessDiffers: ContainerRule = {
  ...base,
  id: "X03-liveness-differs",
  title: "Liveness asks something else than readiness",
  rationale: "The same question restarts a container that is only waiting for something, and makes an outage worse.",
  remediation: "livenessProbe:\n  httpGet: { path: /health/live, port: http }    # the process itself, no dependency\nreadinessProbe:\n  httpGet: { path: /health/ready, port: http }   # and what it needs to serve",
  *check({ spec, path }) {
    if (!spec.livenessProbe || !spec.readinessProbe) return;
    if (question(spec.livenessProbe) === question(spec.readinessProbe)) {
      yield { path: `${path}.livenessProbe`, message: "livenessProbe asks the same as readinessProbe" };
    }
  },
};

const livenessTiming: ContainerRule = {
  ...base,
  id: "X03-liveness-timing",
  title: "Liveness gives a busy container time to answer",
  rationale: "One slow answer under load must not restart a container that works.",
  remediation: "livenessProbe:\n  periodSeconds: 10\n  timeoutSeconds: 5\n  failureThreshold: 3",
  *check(container, object, settings) {
    const { spec, path } = container;
    if (!spec.livenessProbe || isPostgres(container, object)) return; // Postgres has numbers of its own
    const { timeoutSeconds = 1, periodSeconds = 10, failureThreshold = 3 } = spec.livenessProbe;
    const { minTimeoutSeconds, minFailureThreshold } = settings["X03-liveness-timing"];
    const at = (field: string) => `${path}.livenessProbe.${field}`;
    if (timeoutSeconds < minTimeoutSeconds) {
      yield { path: at("timeoutSeconds"), message: `livenessProbe.timeoutSeconds is ${timeoutSeconds}, must be at least ${minTimeoutSeconds}` };
    }
    if (timeoutSeconds > periodSeconds) {
      yield { path: at("timeoutSeconds"), message: `livenessProbe.timeoutSeconds is ${timeoutSeconds}, longer than its period of ${periodSeconds} s` };
    }
    if (failureThreshold < minFailureThreshold) {
      yield { path: at("failureThreshold"), message: `livenessProbe.failureThreshold is ${failureThreshold}, must be at least ${minFailureThreshold}` };
    }
  },
};

const livenessLocal: ContainerRule = {
  ...base,
  id: "X03-liveness-local",
  title: "Liveness depends on nothing outside its container",
  rationale: "When the database is away, every container that asks it for its own life is restarted, and again, until it is back.",
  remediation: "livenessProbe:\n  httpGet: { path: /health/live, port: http }   # answers without asking any other program",
  *check({ spec, path }) {
    const probe = spec.livenessProbe;
    const host = probe && (probe.httpGet?.host ?? probe.tcpSocket?.host ?? hostAskedBy(probe.exec?.command ?? []));
    if (host !== undefined && !isOwnHost(host)) {
      yield { path: `${path}.livenessProbe`, message: `livenessProbe depends on another host, ${host}` };
    }
  },
};

function question({ httpGet, exec, tcpSocket, grpc }: V1Probe): string {
  return JSON.stringify([httpGet?.path, httpGet?.port, exec?.command, tcpSocket?.port, grpc?.port, grpc?.service]);
}

const clients = /\b(?:pg_isready|psql|mysqladmin|mysql|mariadb-admin|mariadb|redis-cli|mongosh|nc)\b/;

/** The host a probe's command line connects to: `-h HOST`, `--host=HOST`, the host of a URL or connection string, or `nc HOST`. */
function hostAskedBy(command: readonly string[]): string | undefined {
  const line = command.join(" ");
  const url = /[a-z][a-z0-9+.-]*:\/\/(?:[^\s/@]*@)?(\[[^\]\s]+\]|[^\s/:?'"]+)/i.exec(line)?.[1];
  if (url !== undefined) return url;
  if (!clients.test(line)) return undefined;
  const option = /(?:^|[\s"'])(?:-h\s*|--host[=\s]\s*|host=)(["']?)([^\s"'-][^\s"']*)\1/.exec(line)?.[2];
  return option ?? /\bnc\s+(?:-\S+\s+)*([A-Za-z0-9][\w.:-]*)/.exec(line)?.[1];
}

function isOwnHost(host: string): boolean {
  // A path is a Unix socket; the pod's own address comes in by the downward API.
  return /^(?:localhost|127\.|\[?::1\]?$|0\.0\.0\.0$|\/|\$[({]?(?:POD_IP|HOSTNAME)\b)/.test(host);
}

/** X03: startup, readiness and liveness. */
export const probeRules: readonly Rule[] = [probes, livenessDiffers, livenessTiming, livenessLocal];
