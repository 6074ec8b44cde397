import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type Annotated, type Excepted, exceptionsFor } from "./exceptions.ts";
import { startupBudget } from "./probes.ts";
import { type PodArgs, podTemplate } from "./pod.ts";
import type { Size } from "./units.ts";

/** How many pods. With a range an autoscaler owns the number and the workload itself declares none (P02). */
export type Replicas =
  | { readonly fixed: number }
  | { readonly min: number; readonly max: number; readonly targetCpuPercent: number }
  | { readonly min: number; readonly max: number; readonly consumerLag: ConsumerLag };

/** Scaling by the messages that wait for a Kafka consumer group; needs KEDA (T04). */
export interface ConsumerLag {
  /** `host:port` of the brokers, as KEDA's own namespace reaches them. */
  readonly brokers: string;
  readonly group: string;
  /** All that the group consumes: the one that is furthest behind decides. */
  readonly topics: readonly string[];
  /** Messages that one pod may leave waiting. */
  readonly threshold: number;
  /**
   * More of KEDA's own settings for the brokers, and the TriggerAuthentication beside it with what is secret.
   * @default neither TLS nor a login
   */
  readonly security?: { readonly metadata: Readonly<Record<string, string>>; readonly authentication?: string };
}

/**
 * A volume that every pod of a StatefulSet gets for itself. Where the StatefulSet is there, its claims are compared and
 * grown beside it ({@link ../changes/check.ts}).
 */
export interface ClaimTemplate {
  readonly name: string;
  readonly size: Size;
  /** @default the cluster's default storage class */
  readonly storageClass?: string;
}

export type Controller =
  | { readonly kind: "Deployment"; readonly replaceAll?: boolean }
  | { readonly kind: "StatefulSet"; readonly claims: readonly ClaimTemplate[]; readonly peers?: Peers };

/** For pods that form a quorum: they find each other by name before they are Ready. */
export interface Peers {
  /** Name of the headless Service that gives each pod a name of its own. */
  readonly serviceName: string;
  readonly ports: Readonly<Record<number, string>>;
}

export interface WorkloadArgs extends Omit<PodArgs, "serviceAccount">, Excepted {
  readonly namespace: pulumi.Input<string>;
  /** `replaceAll` stops the old pods before new ones start: for programs that must not run twice. */
  readonly controller: Controller;
  readonly replicas: Replicas;
  /** Labels of the controller itself, beside those of the pods. */
  readonly controllerLabels?: Readonly<Record<string, string>>;
  /** The Service in front: its name and `{ servicePort: containerPortName }`. @default none */
  readonly service?: { readonly name: string; readonly ports: Readonly<Record<number, string>> };
}

/**
 * A long-running program with all it needs to be run safely: controller, Service, service account, disruption budget
 * and autoscaler. What may talk to it is declared by the system's flows ({@link ../capabilities/network-flows.ts}).
 */
export class Workload extends pulumi.ComponentResource {
  readonly name: string;
  readonly controller: k8s.apps.v1.Deployment | k8s.apps.v1.StatefulSet;
  readonly service: k8s.core.v1.Service | undefined;

  constructor(name: string, args: WorkloadArgs, options?: pulumi.ComponentResourceOptions) {
    super("platform:workload:Workload", name, {}, options);
    this.name = name;
    const parent = { parent: this };
    const excepted = exceptionsFor(name, args, [
      args.controller.kind,
      "Service",
      "ServiceAccount",
      "PodDisruptionBudget",
      "consumerLag" in args.replicas ? "ScaledObject" : "HorizontalPodAutoscaler",
    ]);
    const account = new k8s.core.v1.ServiceAccount(
      name,
      {
        metadata: { name, namespace: args.namespace, labels: args.labels, ...excepted("ServiceAccount") },
        automountServiceAccountToken: false,
      },
      parent,
    );
    this.service =
      args.service &&
      new k8s.core.v1.Service(args.service.name, service(args.service, args, excepted("Service")), parent);
    const peers = args.controller.kind === "StatefulSet" ? args.controller.peers : undefined;
    if (peers) {
      const { metadata, spec } = service({ name: peers.serviceName, ports: peers.ports }, args);
      new k8s.core.v1.Service(
        peers.serviceName,
        {
          metadata: { ...metadata, annotations: { "pulumi.com/skipAwait": "true" } },
          spec: { ...spec, clusterIP: "None", publishNotReadyAddresses: true },
        },
        parent,
      );
    }
    this.controller = controller(
      name,
      args,
      excepted(args.controller.kind),
      podTemplate({ ...args, serviceAccount: name }, "Always"),
      {
        ...parent,
        dependsOn: [account],
        customTimeouts: awaitTimeout(args),
      },
    );
    new k8s.policy.v1.PodDisruptionBudget(
      name,
      {
        metadata: { name, namespace: args.namespace, labels: args.labels, ...excepted("PodDisruptionBudget") },
        // One pod at a time, never "none": a budget that forbids every eviction stops node upgrades (X04).
        spec: { maxUnavailable: 1, selector: { matchLabels: args.labels }, unhealthyPodEvictionPolicy: "AlwaysAllow" },
      },
      parent,
    );
    if ("targetCpuPercent" in args.replicas)
      new k8s.autoscaling.v2.HorizontalPodAutoscaler(
        name,
        autoscaler(name, args, excepted("HorizontalPodAutoscaler"), args.replicas),
        parent,
      );
    if ("consumerLag" in args.replicas)
      new k8s.apiextensions.CustomResource(
        name,
        scaledObject(name, args, excepted("ScaledObject"), args.replicas),
        parent,
      );
    this.registerOutputs({ controller: this.controller.metadata.name });
  }
}

function service(
  { name, ports }: NonNullable<WorkloadArgs["service"]>,
  args: WorkloadArgs,
  exceptions: Annotated = {},
) {
  return {
    metadata: { name, namespace: args.namespace, labels: args.labels, ...exceptions },
    spec: {
      type: "ClusterIP",
      selector: args.labels,
      ports: Object.entries(ports).map(([port, target]) => ({
        name: target,
        port: Number(port),
        targetPort: target,
        protocol: "TCP",
      })),
    },
  };
}

function controller(
  name: string,
  args: WorkloadArgs,
  exceptions: Annotated,
  template: ReturnType<typeof podTemplate>,
  options: pulumi.CustomResourceOptions,
) {
  const metadata = {
    name,
    namespace: args.namespace,
    labels: { ...args.labels, ...args.controllerLabels },
    ...exceptions,
  };
  const common = {
    selector: { matchLabels: args.labels },
    template,
    ...("fixed" in args.replicas && { replicas: args.replicas.fixed }),
  };
  if (args.controller.kind === "Deployment") {
    return new k8s.apps.v1.Deployment(
      name,
      {
        metadata,
        spec: {
          ...common,
          revisionHistoryLimit: 10,
          strategy: args.controller.replaceAll
            ? { type: "Recreate" }
            : { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
        },
      },
      options,
    );
  }
  const { claims, peers } = args.controller;
  return new k8s.apps.v1.StatefulSet(
    name,
    {
      metadata,
      spec: {
        ...common,
        serviceName: peers?.serviceName ?? args.service?.name ?? name,
        // In order, a pod that never becomes Ready would also keep the update from it that mends it.
        podManagementPolicy: "Parallel",
        updateStrategy: { type: "RollingUpdate" },
        // Data goes with its namespace and with nothing else.
        persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
        volumeClaimTemplates: claims.map((claim) => ({
          metadata: { name: claim.name, labels: args.labels },
          spec: {
            accessModes: ["ReadWriteOnce"],
            ...(claim.storageClass && { storageClassName: claim.storageClass }),
            resources: { requests: { storage: claim.size } },
          },
        })),
      },
    },
    {
      ...options,
      // The provider would delete a StatefulSet and make it again around its old volumes. Made first, the API server
      // refuses it, in the preview too.
      deleteBeforeReplace: false,
      // One that was made in order stays so, and its template goes on saying what its first claims were like: neither
      // can change.
      ignoreChanges: ["spec.podManagementPolicy", "spec.volumeClaimTemplates"],
    },
  );
}

function autoscaler(
  name: string,
  args: WorkloadArgs,
  exceptions: Annotated,
  range: Extract<Replicas, { targetCpuPercent: number }>,
): k8s.autoscaling.v2.HorizontalPodAutoscalerArgs {
  return {
    // An update makes KEDA's autoscaler before it removes this one, and the other way round: KEDA refuses a workload
    // that has one already, unless that one says this.
    metadata: {
      name,
      namespace: args.namespace,
      labels: args.labels,
      annotations: { "validations.keda.sh/hpa-ownership": "false", ...exceptions.annotations },
    },
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: args.controller.kind, name },
      minReplicas: range.min,
      maxReplicas: range.max,
      metrics: [
        {
          type: "Resource",
          resource: { name: "cpu", target: { type: "Utilization", averageUtilization: range.targetCpuPercent } },
        },
      ],
    },
  };
}

function scaledObject(
  name: string,
  args: WorkloadArgs,
  exceptions: Annotated,
  { min, max, consumerLag }: Extract<Replicas, { consumerLag: ConsumerLag }>,
) {
  const { brokers, group, topics, threshold, security } = consumerLag;
  return {
    apiVersion: "keda.sh/v1alpha1",
    kind: "ScaledObject",
    metadata: { name, namespace: args.namespace, labels: args.labels, ...exceptions },
    spec: {
      scaleTargetRef: { kind: args.controller.kind, name },
      minReplicaCount: min,
      maxReplicaCount: max,
      triggers: topics.map((topic) => ({
        type: "kafka",
        metadata: {
          bootstrapServers: brokers,
          consumerGroup: group,
          topic,
          lagThreshold: String(threshold),
          ...security?.metadata,
        },
        ...(security?.authentication && { authenticationRef: { name: security.authentication } }),
      })),
    },
  };
}

/**
 * As long as the probes allow every pod in turn, plus two minutes for scheduling and image pulls. A start-up budget
 * that
 * is meant for recoveries of hours counts as ten minutes: what an update waits for is a start, not a recovery.
 */
function awaitTimeout(args: WorkloadArgs): pulumi.CustomTimeouts {
  const pods = "fixed" in args.replicas ? args.replicas.fixed : args.replicas.max;
  const slowest = Math.max(...args.containers.map(({ probes }) => (probes ? Math.min(startupBudget(probes), 600) : 0)));
  const timeout = `${pods * slowest + 120}s`;
  return { create: timeout, update: timeout };
}
