import type { types } from "@pulumi/kubernetes";
import { type Duration, seconds } from "./units.ts";

/** How a probe asks: an HTTP path, a command in the container, or an open port. */
export type ProbeAction =
  | { readonly http: string; readonly port: string }
  | { readonly exec: readonly string[] }
  | { readonly tcp: string };

/** When a probe asks and when it gives up. */
export interface ProbeTiming {
  /** Wait before the first try. @default "0s" */
  readonly initialDelay?: Duration;
  /** Time between two tries. @default "10s" */
  readonly period?: Duration;
  /** A try without an answer for this long has failed. @default "5s" */
  readonly timeout?: Duration;
  /** Failures in a row that count as a failure. @default 3 */
  readonly failureThreshold?: number;
}

export type Probe = ProbeAction & ProbeTiming;

/** All three probes of a long-running container (X03). */
export interface Probes {
  /** Holds the other two back until the program is up; its budget is failureThreshold x period. */
  readonly startup: Probe;
  /** May ask for dependencies: a pod that fails it only loses traffic. */
  readonly readiness: Probe;
  /** Asks the process alone: a database outage must not restart its clients. */
  readonly liveness: Probe;
}

/** The Kubernetes form of a probe. */
export function kubernetesProbe(probe: Probe): types.input.core.v1.Probe {
  return {
    ...action(probe),
    initialDelaySeconds: seconds(probe.initialDelay ?? "0s"),
    periodSeconds: seconds(probe.period ?? "10s"),
    timeoutSeconds: seconds(probe.timeout ?? "5s"),
    failureThreshold: probe.failureThreshold ?? 3,
    successThreshold: 1,
  };
}

function action(probe: ProbeAction): types.input.core.v1.Probe {
  if ("http" in probe) return { httpGet: { path: probe.http, port: probe.port, scheme: "HTTP" } };
  if ("exec" in probe) return { exec: { command: [...probe.exec] } };
  return { tcpSocket: { port: probe.tcp } };
}

/** Seconds a container may take from its start until it is Ready: what an await has to allow for. */
export function startupBudget({ startup, readiness }: Probes): number {
  const span = (probe: Probe) =>
    seconds(probe.initialDelay ?? "0s") + seconds(probe.period ?? "10s") * (probe.failureThreshold ?? 3);
  return span(startup) + span(readiness);
}
