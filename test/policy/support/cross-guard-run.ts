import { createRequire } from "node:module";
import type { Policies, ResourceValidationArgs, StackValidationArgs } from "@pulumi/policy";
import { crossGuardPolicies } from "../../../policies/gates/pulumi/cross-guard.ts";
import { today } from "../fixtures/fixture.ts";

// The SDK's own stand-ins for unknown values: the engine sends these marks in a preview.
const { unknownCheckingProxy } = createRequire(import.meta.url)("@pulumi/policy/proxy.js") as {
  unknownCheckingProxy<T>(props: T): T;
};

/** What the policy pack says about a resource or the stack. */
export interface PackViolation {
  readonly policy: string;
  readonly message: string;
  readonly level: string | undefined;
  readonly urn: string | undefined;
}
type Manifest = { apiVersion: string; kind: string; metadata: { name: string; namespace?: string } };

const resourcesOf = (manifests: readonly unknown[]) =>
  (manifests as Manifest[]).map((manifest) => ({
    type: `kubernetes:${manifest.apiVersion.includes("/") ? manifest.apiVersion : `core/${manifest.apiVersion}`}:${manifest.kind}`,
    name: manifest.metadata.name,
    urn: `urn:${manifest.kind}:${manifest.metadata.namespace}:${manifest.metadata.name}`,
    props: unknownCheckingProxy(manifest) as unknown as Record<string, unknown>,
  }));

/** Does what the engine does: every policy on each resource's inputs, then the stack policies on the outputs. */
export async function runPack(
  inputs: readonly unknown[],
  {
    outputs = inputs,
    config = {},
    policies = crossGuardPolicies(today),
  }: { outputs?: readonly unknown[]; config?: Record<string, object>; policies?: Policies } = {},
): Promise<PackViolation[]> {
  const violations: PackViolation[] = [];
  const reporter =
    (policy: Policies[number]) =>
    (violation: string | { message: string; urn?: string; enforcementLevel?: string }) => {
      const { message, urn, enforcementLevel } =
        typeof violation === "string" ? { message: violation, urn: undefined, enforcementLevel: undefined } : violation;
      violations.push({ policy: policy.name, message, urn, level: enforcementLevel ?? policy.enforcementLevel });
    };
  const shared = (policy: Policies[number]) => ({ getConfig: () => config[policy.name] ?? {} });
  for (const resource of resourcesOf(inputs)) {
    for (const policy of policies) {
      if (!("validateResource" in policy) || typeof policy.validateResource !== "function") continue;
      await policy.validateResource(
        { ...resource, ...shared(policy) } as unknown as ResourceValidationArgs,
        reporter(policy) as never,
      );
    }
  }
  const resources = resourcesOf(outputs);
  for (const policy of policies) {
    if ("validateStack" in policy)
      await policy.validateStack(
        { resources, ...shared(policy) } as unknown as StackValidationArgs,
        reporter(policy) as never,
      );
  }
  return violations;
}
