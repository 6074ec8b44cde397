import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

export interface VeleroScheduleArgs {
  /** Where Velero itself runs. */
  readonly veleroNamespace: string;
  /** The namespace that is backed up with its volumes. */
  readonly namespace: string;
  /** Five cron fields. */
  readonly cron: string;
  readonly keepDays: number;
}

/** Backs up a whole namespace with Velero (E11). The cluster needs Velero. */
export class VeleroSchedule extends pulumi.ComponentResource {
  constructor(name: string, args: VeleroScheduleArgs, options?: pulumi.ComponentResourceOptions) {
    super("platform:capability:VeleroSchedule", name, {}, options);
    new k8s.apiextensions.CustomResource(
      name,
      {
        apiVersion: "velero.io/v1",
        kind: "Schedule",
        metadata: { name, namespace: args.veleroNamespace },
        spec: {
          schedule: args.cron,
          template: { includedNamespaces: [args.namespace], snapshotVolumes: true, ttl: `${args.keepDays * 24}h0m0s` },
        },
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
