import type { Input } from "@pulumi/pulumi";
import type { types } from "@pulumi/kubernetes";
import { kubernetesProbe, type Probes } from "./probes.ts";
import type { Cpu, Size } from "./units.ts";

/** What a container asks for and may use (X02). */
export interface Resources {
  readonly cpu: { readonly request: Cpu; readonly limit: Cpu };
  readonly memory: { readonly request: Size; readonly limit: Size };
  /**
   * Logs and scratch paths on the node together.
   * @default 64Mi, and as a limit what the whole pod's scratch paths and logs need, 512Mi at least
   */
  readonly ephemeralStorage?: { readonly request: Size; readonly limit: Size };
}

/** A file or folder that a container sees at `path`. */
export type Mount =
  /**
   * Gone with the pod; `storageClass` counts where it is so large that it becomes a volume of its own ({@link
   * ./scratch.ts}).
   */
  | {
      readonly path: string;
      readonly scratch: Size;
      readonly medium?: "Memory";
      readonly storageClass?: string | undefined;
    }
  | { readonly path: string; readonly configMap: Input<string>; readonly item?: string; readonly executable?: boolean }
  /** `files` chooses keys of the Secret and names their files; without it every key is a file of its own name. */
  | {
      readonly path: string;
      readonly secret: Input<string>;
      readonly optional?: boolean;
      readonly files?: Readonly<Record<string, string>>;
    }
  | { readonly path: string; readonly claim: Input<string>; readonly readOnly?: boolean }
  | { readonly path: string; readonly claimTemplate: string }
  /** The service account's own short-lived token, for the few programs that ask the API server. */
  | { readonly path: string; readonly apiToken: true };

/** A value from a Secret, for programs that can read it from nowhere but their environment (X06). */
export interface SecretValue {
  readonly secret: Input<string>;
  readonly key: string;
}

export interface ContainerArgs {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string | SecretValue>>;
  /** ConfigMaps whose every value is a variable. @default none */
  readonly envFrom?: readonly string[];
  /** Named ports: `{ http: 8080 }`. Probes and Services refer to the names. */
  readonly ports?: Readonly<Record<string, number>>;
  readonly probes?: Probes;
  readonly resources: Resources;
  readonly mounts?: readonly Mount[];
  /**
   * Seconds to stay up after the pod left its Services' endpoints, so that no request finds a closed port.
   * @default no hook
   */
  readonly preStopSleep?: number;
  /** An init container that keeps running beside the main ones, and ends after them. @default false */
  readonly sidecar?: boolean;
}

/** Pod Security `restricted` and a read-only root file system, for every container without exception (X01). */
export const containerSecurity: types.input.core.v1.SecurityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  privileged: false,
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  seccompProfile: { type: "RuntimeDefault" },
};

/**
 * The Kubernetes form of a container. Mounts become volume mounts by {@link volumeName}; the pod declares the volumes.
 */
export function kubernetesContainer(args: ContainerArgs): types.input.core.v1.Container {
  const { cpu, memory, ephemeralStorage = { request: "64Mi", limit: "512Mi" } } = args.resources;
  return {
    name: args.name,
    image: args.image,
    imagePullPolicy: "IfNotPresent",
    ...(args.sidecar && { restartPolicy: "Always" }),
    ...(args.command && { command: [...args.command] }),
    ...(args.args && { args: [...args.args] }),
    env: Object.entries(args.env ?? {}).map(([name, value]) =>
      typeof value === "string"
        ? { name, value }
        : { name, valueFrom: { secretKeyRef: { name: value.secret, key: value.key } } },
    ),
    ...(args.envFrom && { envFrom: args.envFrom.map((name) => ({ configMapRef: { name } })) }),
    ports: Object.entries(args.ports ?? {}).map(([name, containerPort]) => ({ name, containerPort, protocol: "TCP" })),
    resources: {
      requests: { cpu: cpu.request, memory: memory.request, "ephemeral-storage": ephemeralStorage.request },
      limits: { cpu: cpu.limit, memory: memory.limit, "ephemeral-storage": ephemeralStorage.limit },
    },
    ...(args.probes && {
      startupProbe: kubernetesProbe(args.probes.startup),
      readinessProbe: kubernetesProbe(args.probes.readiness),
      livenessProbe: kubernetesProbe(args.probes.liveness),
    }),
    ...(args.preStopSleep && { lifecycle: { preStop: { sleep: { seconds: args.preStopSleep } } } }),
    securityContext: containerSecurity,
    volumeMounts: (args.mounts ?? []).map((mount) => ({
      name: volumeName(mount),
      mountPath: mount.path,
      ...("item" in mount && { subPath: mount.item }),
      ...(isReadOnly(mount) && { readOnly: true }),
    })),
  };
}

const isReadOnly = (mount: Mount): boolean =>
  "configMap" in mount || "secret" in mount || "apiToken" in mount || ("claim" in mount && mount.readOnly === true);

/** A volume's name, from where it is mounted: two containers that mount the same path share the volume. */
export function volumeName(mount: Mount): string {
  if ("claimTemplate" in mount) return mount.claimTemplate;
  return mount.path
    .replace(/^\//, "")
    .replace(/[^a-zA-Z0-9]+/g, "-")
    .toLowerCase();
}
