import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { S3Copy } from "../../capabilities/verified-backup/upload.ts";

/**
 * Name of the plugin that archives for the operator; release 1.31 of the operator has no archive of its own any more.
 */
export const archivePlugin = "barman-cloud.cloudnative-pg.io";

export interface CloudNativeArchiveArgs {
  readonly namespace: pulumi.Input<string>;
  readonly labels: Readonly<Record<string, string>>;
  readonly s3: S3Copy;
  /** Copies and changes older than these days go, but for the one copy that the oldest day needs. */
  readonly keepDays: number;
}

/** Where the servers of one database archive to, each under a name of its own: an `ObjectStore` of the plugin. */
export class CloudNativeArchive extends pulumi.ComponentResource {
  private readonly objectName: string;

  constructor(
    name: string,
    { namespace, labels, s3, keepDays }: CloudNativeArchiveArgs,
    options?: pulumi.ComponentResourceOptions,
  ) {
    super("platform:data:CloudNativeArchive", name, {}, options);
    this.objectName = name;
    const parent = { parent: this };
    // The plugin reads the region from nowhere but a Secret.
    const region = new k8s.core.v1.Secret(
      `${name}-region`,
      { metadata: { name: `${name}-region`, namespace, labels }, type: "Opaque", stringData: { region: s3.region } },
      parent,
    );
    const key = (selected: string) => ({ name: s3.credentialsSecret, key: selected });
    new k8s.apiextensions.CustomResource(
      name,
      {
        apiVersion: "barmancloud.cnpg.io/v1",
        kind: "ObjectStore",
        metadata: { name, namespace, labels },
        spec: {
          retentionPolicy: `${keepDays}d`,
          configuration: {
            destinationPath: `s3://${s3.bucket}/${s3.prefix}`,
            endpointURL: s3.endpoint,
            s3Credentials: {
              accessKeyId: key("access-key-id"),
              secretAccessKey: key("secret-access-key"),
              region: { name: `${name}-region`, key: "region" },
            },
            wal: { compression: "gzip" },
            data: { compression: "gzip" },
          },
          // Without its own the sidecar gets the namespace's default, which is too little for a copy of the whole.
          instanceSidecarConfiguration: {
            resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { cpu: "1", memory: "512Mi" } },
          },
        },
      },
      { ...parent, dependsOn: [region] },
    );
    this.registerOutputs({});
  }

  /** How a cluster names one server's part of the archive. */
  of(serverName: string) {
    return { name: archivePlugin, parameters: { barmanObjectName: this.objectName, serverName } };
  }
}
