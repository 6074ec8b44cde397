import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { images } from "../images.ts";
import { type Schedule, ScheduledJob } from "../workload/job.ts";
import { ContentMap } from "./content-map.ts";
import { scripts } from "./scripts.ts";

export interface VolumeSnapshotsArgs {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The claim whose volume is frozen. */
  readonly claim: string;
  /** The cluster's VolumeSnapshotClass. */
  readonly snapshotClass: string;
  readonly schedule: Schedule;
  /** Snapshots that are kept; older ones go only behind newer ones that are ready to use. */
  readonly keep: number;
}

/**
 * Snapshots of a volume on a schedule, by a job that may do nothing else in its namespace (E11). Needs a CSI driver
 * with snapshots.
 */
export class VolumeSnapshots extends pulumi.ComponentResource {
  constructor(name: string, args: VolumeSnapshotsArgs, options?: pulumi.ComponentResourceOptions) {
    super("platform:capability:VolumeSnapshots", name, {}, options);
    const parent = { parent: this };
    const metadata = { name, namespace: args.namespace, labels: args.labels };
    const role = new k8s.rbac.v1.Role(
      name,
      {
        metadata,
        rules: [
          {
            apiGroups: ["snapshot.storage.k8s.io"],
            resources: ["volumesnapshots"],
            verbs: ["create", "list", "get", "delete"],
          },
        ],
      },
      parent,
    );
    const binding = new k8s.rbac.v1.RoleBinding(
      name,
      {
        metadata,
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
        subjects: [{ kind: "ServiceAccount", name, namespace: args.namespace }],
      },
      { ...parent, dependsOn: [role] },
    );
    const map = new ContentMap(
      `${name}-script`,
      {
        namespace: args.namespace,
        labels: args.labels,
        files: scripts(import.meta.dirname, /^volume-snapshots\.mjs$/),
      },
      parent,
    );
    new ScheduledJob(
      name,
      {
        namespace: args.namespace,
        labels: args.labels,
        schedule: args.schedule,
        identity: { uid: 1000, gid: 1000 },
        deadline: "1h",
        retries: 1,
        containers: [
          {
            name: "snapshot",
            image: images.node,
            command: ["node", "/scripts/volume-snapshots.mjs"],
            env: {
              NAMESPACE: args.namespace,
              CLAIM: args.claim,
              SNAPSHOT_CLASS: args.snapshotClass,
              KEEP: String(args.keep),
            },
            resources: { cpu: { request: "20m", limit: "500m" }, memory: { request: "64Mi", limit: "128Mi" } },
            mounts: [
              { path: "/scripts", configMap: map.mapName },
              { path: "/var/run/secrets/kubernetes.io/serviceaccount", apiToken: true },
              { path: "/tmp", scratch: "16Mi" },
            ],
          },
        ],
      },
      { ...parent, dependsOn: [binding] },
    );
    this.registerOutputs({});
  }
}
