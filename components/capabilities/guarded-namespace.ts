import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { ofStack, purpose, retained } from "../workload/labels.ts";
import type { Cpu, Size } from "../workload/units.ts";

/** The most that all pods of a namespace may ask for together. */
export interface Quota {
  readonly cpu: Cpu;
  readonly memory: Size;
  readonly storage: Size;
  readonly pods: number;
}

/**
 * A namespace with Pod Security `restricted` enforced (X01), a quota, and limits for containers that name none (X02).
 * Everything else of a system depends on `namespace`, so that nothing is admitted before its guards are.
 */
export class GuardedNamespace extends pulumi.ComponentResource {
  /** The namespace's name; known in preview. */
  readonly name: string;
  readonly guards: pulumi.Resource[];

  constructor(
    name: string,
    args: { readonly quota: Quota; readonly purpose: string; readonly protect: boolean },
    options?: pulumi.ComponentResourceOptions,
  ) {
    super("platform:capability:GuardedNamespace", name, {}, options);
    this.name = name;
    const parent = { parent: this };
    const standard = Object.fromEntries(
      ["enforce", "audit", "warn"].flatMap((mode) => [
        [`pod-security.kubernetes.io/${mode}`, "restricted"],
        [`pod-security.kubernetes.io/${mode}-version`, "latest"],
      ]),
    );
    const namespace = new k8s.core.v1.Namespace(
      name,
      {
        // By them the next update knows which namespaces were its own, and that Pulumi will not delete this one.
        metadata: {
          name,
          labels: { ...standard, [purpose]: args.purpose },
          annotations: { [ofStack]: pulumi.getStack(), [retained]: String(args.protect) },
        },
      },
      {
        ...parent,
        // Deleting a namespace deletes every volume claim in it, whatever the claims themselves say (X07).
        protect: args.protect,
      },
    );
    const inside = { ...parent, dependsOn: [namespace] };
    const quota = new k8s.core.v1.ResourceQuota(
      name,
      {
        metadata: { name: "quota", namespace: name },
        spec: {
          hard: {
            "requests.cpu": args.quota.cpu,
            "requests.memory": args.quota.memory,
            "requests.storage": args.quota.storage,
            pods: String(args.quota.pods),
          },
        },
      },
      inside,
    );
    const limits = new k8s.core.v1.LimitRange(
      name,
      {
        metadata: { name: "limits", namespace: name },
        spec: {
          limits: [
            {
              type: "Container",
              default: { cpu: "500m", memory: "256Mi", "ephemeral-storage": "512Mi" },
              defaultRequest: { cpu: "50m", memory: "64Mi", "ephemeral-storage": "64Mi" },
            },
          ],
        },
      },
      inside,
    );
    this.guards = [namespace, quota, limits];
    this.registerOutputs({ name });
  }
}
