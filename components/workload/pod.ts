import type { types } from "@pulumi/kubernetes";
import { type ContainerArgs, kubernetesContainer, type Mount, volumeName } from "./container.ts";
import { podMounts } from "./mounts.ts";
import { scratchVolume, withEphemeralStorage } from "./scratch.ts";
import { type Duration, seconds } from "./units.ts";

type PodTemplateSpec = types.input.core.v1.PodTemplateSpec;
type Volume = types.input.core.v1.Volume;

/** The user and group a pod's processes run as; files of its volumes belong to the group. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
}

export interface PodArgs {
  /** Labels that select exactly this pod, such as `{ app: "bgc-api" }`; Services, policies and budgets use them. */
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly identity: Identity;
  readonly serviceAccount: string;
  /** Secrets with the credentials of private registries. @default none */
  readonly imagePullSecrets?: readonly string[] | undefined;
  readonly initContainers?: readonly ContainerArgs[];
  readonly containers: readonly [ContainerArgs, ...ContainerArgs[]];
  /**
   * Time between SIGTERM and SIGKILL: longer than the program needs to finish what it has begun (X04).
   * @default "30s"
   */
  readonly terminationGracePeriod?: Duration;
}

/**
 * A pod template under Pod Security `restricted` (X01): never root, no token of the API server, pods of one workload
 * spread over nodes.
 */
export function podTemplate(args: PodArgs, restartPolicy: "Always" | "Never"): PodTemplateSpec {
  const { initContainers = [] } = args;
  const containers = withEphemeralStorage([...initContainers, ...args.containers]);
  return {
    metadata: { labels: args.labels, annotations: args.annotations ?? {} },
    spec: {
      serviceAccountName: args.serviceAccount,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      ...(args.imagePullSecrets && { imagePullSecrets: args.imagePullSecrets.map((name) => ({ name })) }),
      restartPolicy,
      terminationGracePeriodSeconds: seconds(args.terminationGracePeriod ?? "30s"),
      securityContext: {
        runAsNonRoot: true,
        runAsUser: args.identity.uid,
        runAsGroup: args.identity.gid,
        fsGroup: args.identity.gid,
        fsGroupChangePolicy: "OnRootMismatch",
        seccompProfile: { type: "RuntimeDefault" },
      },
      ...(restartPolicy === "Always" && {
        topologySpreadConstraints: [
          {
            maxSkew: 1,
            topologyKey: "kubernetes.io/hostname",
            whenUnsatisfiable: "ScheduleAnyway",
            labelSelector: { matchLabels: args.labels },
          },
        ],
      }),
      ...(args.initContainers && {
        initContainers: containers.slice(0, initContainers.length).map(kubernetesContainer),
      }),
      containers: containers.slice(initContainers.length).map(kubernetesContainer),
      volumes: volumes(podMounts(containers)),
    },
  };
}

function volumes(mounts: readonly Mount[]): Volume[] {
  // The StatefulSet's own volume claim templates declare the others.
  return mounts.flatMap((mount) => ("claimTemplate" in mount ? [] : [{ name: volumeName(mount), ...source(mount) }]));
}

function source(mount: Exclude<Mount, { claimTemplate: string }>): Omit<Volume, "name"> {
  if ("scratch" in mount) return scratchVolume(mount);
  if ("configMap" in mount)
    return { configMap: { name: mount.configMap, defaultMode: mount.executable ? 0o555 : 0o444 } };
  if ("secret" in mount) {
    const items = mount.files && Object.entries(mount.files).map(([key, path]) => ({ key, path }));
    return {
      secret: {
        secretName: mount.secret,
        defaultMode: 0o440,
        ...(items && { items }),
        ...(mount.optional && { optional: true }),
      },
    };
  }
  if ("apiToken" in mount) {
    return {
      projected: {
        defaultMode: 0o440,
        sources: [
          { serviceAccountToken: { path: "token", expirationSeconds: 3600 } },
          { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
        ],
      },
    };
  }
  return { persistentVolumeClaim: { claimName: mount.claim } };
}
