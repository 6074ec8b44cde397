import type { types } from "@pulumi/kubernetes";
import { type SystemName, systemNames, systems } from "../../../../components/systems/index.ts";
import type { System as Listed } from "../../../../components/systems/system.ts";
import type { Manifest } from "../../../../scripts/support/declared-objects.ts";
import { allContainers, type Container, find, podSpec } from "../../../support/objects.ts";
import { type Changes, stackVariant, type Variant } from "../../../support/stack-variant.ts";

/** The specs that tests of systems look into. */
interface Specs {
  readonly Deployment: types.output.apps.v1.DeploymentSpec;
  readonly StatefulSet: types.output.apps.v1.StatefulSetSpec;
  readonly CronJob: types.output.batch.v1.CronJobSpec;
  readonly Job: types.output.batch.v1.JobSpec;
  readonly HorizontalPodAutoscaler: types.output.autoscaling.v2.HorizontalPodAutoscalerSpec;
  readonly PersistentVolumeClaim: types.output.core.v1.PersistentVolumeClaimSpec;
  readonly Service: types.output.core.v1.ServiceSpec;
  readonly Ingress: types.output.networking.v1.IngressSpec;
  readonly NetworkPolicy: types.output.networking.v1.NetworkPolicySpec;
}
interface PodMetadata {
  readonly labels: Record<string, string>;
  readonly annotations: Record<string, string>;
}
type PodKind = "Deployment" | "StatefulSet" | "CronJob" | "Job";

/** Each system and the namespaces it declares objects in, its own first. */
export const systemNamespaces = Object.fromEntries(
  systemNames.map((name) => {
    const { namespace, otherNamespaces = [] }: Listed = systems[name];
    return [name, [namespace, ...otherNamespaces]];
  }),
) as Readonly<Record<SystemName, [string, ...string[]]>>;
export type { SystemName };

/** The namespace that an object belongs to; a Namespace belongs to itself. */
export const namespaceOf = ({ kind, metadata }: Manifest): string =>
  kind === "Namespace" ? metadata.name : metadata.namespace!;

/**
 * What belongs to one system of a stack. A system declares the same alone as beside the others:
 * configuration-alone.test.ts.
 */
export function ofSystem({ objects, targets }: Variant, name: SystemName): Variant {
  const own = systemNamespaces[name];
  return {
    objects: objects.filter((object) => own.includes(namespaceOf(object))),
    targets: targets.filter(({ system }) => system === name),
  };
}

/** One system of a stack. */
export interface System extends Variant {
  /** All kinds and names, as `Kind/name`, in order. */
  readonly names: readonly string[];
  get(kind: string, name: string | RegExp): Manifest;
  spec<Kind extends keyof Specs>(kind: Kind, name: string | RegExp): Specs[Kind];
  /** A container by its name, or the first main one. */
  container(kind: PodKind, name: string | RegExp, containerName?: string): Container;
  /** The containers' names in the order they run. */
  containers(kind: PodKind, name: string | RegExp): string[];
  /** Plain values of a container's environment. */
  env(kind: PodKind, name: string | RegExp, containerName?: string): Record<string, string | undefined>;
  /** Labels and annotations of the pods. */
  pods(kind: PodKind, name: string | RegExp): PodMetadata;
  /** Values of a ConfigMap. */
  config(name: string | RegExp): Record<string, string>;
}

/** One system of a stack; with some settings changed, it is declared anew without the others. */
export async function systemOf(stack: string, name: SystemName, changes?: Changes): Promise<System> {
  const variant = changes
    ? await stackVariant(stack, { ...changes, systems: [name] })
    : ofSystem(await stackVariant(stack), name);
  const { objects } = variant;
  const get = (kind: string, objectName: string | RegExp) => find(objects, kind, objectName);
  const container: System["container"] = (kind, objectName, containerName) => {
    const spec = podSpec(get(kind, objectName));
    const found =
      containerName === undefined
        ? spec.containers[0]
        : allContainers(spec).find((each) => each.name === containerName);
    if (!found)
      throw new Error(
        `${kind} ${objectName} has no container ${containerName}; there are ${allContainers(spec)
          .map((each) => each.name)
          .join(", ")}`,
      );
    return found;
  };
  return {
    ...variant,
    names: objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`).sort(),
    get,
    spec: (kind, objectName) => get(kind, objectName)["spec"] as never,
    container,
    containers: (kind, objectName) => allContainers(podSpec(get(kind, objectName))).map((each) => each.name),
    env: (...at) => Object.fromEntries(container(...at).env.map((variable) => [variable.name, variable.value])),
    pods: (kind, objectName) => {
      const spec = get(kind, objectName)["spec"] as {
        template?: { metadata: PodMetadata };
        jobTemplate?: { spec: { template: { metadata: PodMetadata } } };
      };
      return (spec.template ?? spec.jobTemplate!.spec.template).metadata;
    },
    config: (objectName) => get("ConfigMap", objectName)["data"] as Record<string, string>,
  };
}

/** What a stack's target names and its objects do not have. Hosts with a dot are servers of somebody else. */
export function unknownNames({ objects, targets }: Variant): string[] {
  const exists = (kind: string, name: string) =>
    objects.some((object) => object.kind === kind && object.metadata.name === name);
  const hosts = objects
    .filter(({ kind }) => kind === "Ingress")
    .flatMap((object) => (object["spec"] as Specs["Ingress"]).rules.map(({ host }) => host));
  return targets.flatMap(({ workloads, dataStores, endpoints }) => [
    ...workloads.filter(({ kind, name }) => !exists(kind, name)).map(({ kind, name }) => `${kind} ${name}`),
    ...[...dataStores, ...endpoints]
      .filter(({ service }) => !service.includes(".") && !exists("Service", service))
      .map(({ service }) => `Service ${service}`),
    ...dataStores
      .filter(({ backup }) => backup !== undefined && !exists("CronJob", backup))
      .map(({ backup }) => `CronJob ${backup}`),
    ...endpoints.filter(({ host }) => host !== undefined && !hosts.includes(host)).map(({ host }) => `host ${host}`),
  ]);
}
