import type { V1ServiceSpec } from "@kubernetes/client-node";
import { environmentOf } from "./database-clients.ts";
import type { KubernetesObject } from "../model/kubernetes-object.ts";
import { containersOf, podOf } from "../model/pod-spec-walker.ts";
import type { WalkedContainer } from "../model/pod-spec-walker.ts";
import { portNamed } from "./network-reach.ts";
import { selectorOf, workloadsSelected } from "./selected-pods.ts";
import type { ObjectIndex } from "../model/object-index.ts";

/** A Service that a container's environment names. */
export interface NamedService {
  readonly container: WalkedContainer;
  readonly variable: string;
  readonly service: KubernetesObject;
  /** The port that the environment says; undefined where it leaves it open. */
  readonly port: number | undefined;
}

/** A workload behind a Service, and the number of its port there. */
export interface Endpoint {
  readonly workload: KubernetesObject;
  readonly port: number;
}

/** Names of variables that hold a host, or several. */
const hostVariable = /(?:^|_)(?:PG)?(?:HOST(?:NAME)?S?|SERVERS?|ADDR(?:ESS)?|BROKERS?|ENDPOINT|UR[IL]|DSN|UPSTREAM)$/;
const host = /^([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::(\d+))?$/;
const inUrl = /:\/\/(?:[^@\s/]*@)?([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::(\d+))?/g;

/** The Services of the stack that a workload's environment names, by a variable for a host or in a URL. */
export function* servicesNamedBy(workload: KubernetesObject, objects: ObjectIndex): Generator<NamedService> {
  const pod = podOf(workload);
  for (const container of pod === undefined ? [] : containersOf(pod)) {
    const environment = environmentOf(container, workload.namespace, objects);
    for (const [variable, value] of environment) {
      for (const [name, written] of hostsIn(variable, value)) {
        const [service = "", namespace = workload.namespace, ...rest] = name.split(".");
        if (rest.length > 0 && rest[0] !== "svc") continue;
        const found = objects.named("Service", namespace, service);
        const beside = environment.get(variable.replace(/HOST(?:NAME)?$/, "PORT"));
        if (found !== undefined)
          yield {
            container,
            variable,
            service: found,
            port: written ?? (beside !== undefined && /^\d+$/.test(beside) ? Number(beside) : undefined),
          };
      }
    }
  }
}

function hostsIn(variable: string, value: string): [host: string, port: number | undefined][] {
  const alone = hostVariable.test(variable) ? value.split(",").map((part) => host.exec(part.trim())) : [];
  return [...alone, ...value.matchAll(inUrl)].flatMap((match) =>
    match === null ? [] : [[match[1]!, match[2] === undefined ? undefined : Number(match[2])]],
  );
}

/** What is behind a port of a Service; behind all of its ports where none is asked for. */
export function endpointsOf(
  service: KubernetesObject,
  wanted: number | string | undefined,
  objects: ObjectIndex,
): Endpoint[] {
  const { ports = [], clusterIP } = (service.manifest["spec"] ?? {}) as Partial<V1ServiceSpec>;
  const asked = ports.filter(({ name, port }) => wanted === undefined || name === wanted || port === wanted);
  return [...workloadsSelected(selectorOf(service), service.namespace, objects)].flatMap((workload) =>
    asked.flatMap(({ port, targetPort = port }) => {
      const number =
        clusterIP === "None" ? port : typeof targetPort === "number" ? targetPort : portNamed(workload, targetPort);
      // A port that the pods do not have is X05-service-target-port's.
      return number === undefined || !mayListen(workload, number) ? [] : [{ workload, port: number }];
    }),
  );
}

function mayListen(workload: KubernetesObject, number: number): boolean {
  const pod = podOf(workload);
  const lists = (pod === undefined ? [] : [...containersOf(pod)])
    .filter(({ role }) => role !== "init")
    .map(({ spec }) => spec.ports ?? []);
  return lists.some((ports) => ports.length === 0 || ports.some(({ containerPort }) => containerPort === number));
}
