import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { contentHash } from "./content-map.ts";

export interface SharedConfigArgs {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, string>>;
}

/**
 * Settings under a name that people know, such as `platform-config`. The ConfigMap is updated in place; programs that
 * use it
 * carry {@link checksum} in their pod template, so that a change rolls them (P03, E05).
 */
export class SharedConfig extends pulumi.ComponentResource {
  readonly configName: string;
  readonly checksum: Readonly<Record<string, string>>;

  constructor(name: string, args: SharedConfigArgs, options?: pulumi.ComponentResourceOptions) {
    super("platform:capability:SharedConfig", name, {}, options);
    this.configName = name;
    this.checksum = { [`config.production-platform/${name}`]: contentHash(args.values) };
    new k8s.core.v1.ConfigMap(
      name,
      { metadata: { name, namespace: args.namespace, labels: args.labels }, data: args.values },
      { parent: this },
    );
    this.registerOutputs({ configName: name });
  }
}
