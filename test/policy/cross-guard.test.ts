import { createRequire } from "node:module";
import test from "ava";
import type { Policies, ResourceValidationArgs, StackValidationArgs } from "@pulumi/policy";
import { crossGuardPolicies } from "../../policies/cross-guard.ts";
import { rulesAsOf } from "../../policies/rules/index.ts";
import { changed, judged, today } from "./fixtures/fixture.ts";
import type { Edit } from "./fixtures/fixture.ts";
import { fixtures } from "./fixtures/index.ts";

// The SDK's own stand-ins for unknown values: the engine sends these marks in a preview.
const { unknownCheckingProxy, unknownStringValue } = createRequire(import.meta.url)("@pulumi/policy/proxy.js") as { unknownCheckingProxy<T>(props: T): T; unknownStringValue: string };

interface Violation { policy: string; message: string; level: string | undefined; urn: string | undefined }
type Manifest = { apiVersion: string; kind: string; metadata: { name: string; namespace?: string } };
type Config = Record<string, object>;

const resourcesOf = (manifests: readonly unknown[]) => (manifests as Manifest[]).map((manifest) => ({
  type: `kubernetes:${manifest.apiVersion.includes("/") ? manifest.apiVersion : `core/${manifest.apiVersion}`}:${manifest.kind}`,
  name: manifest.metadata.name,
  urn: `urn:${manifest.kind}:${manifest.metadata.namespace}:${manifest.metadata.name}`,
  props: unknownCheckingProxy(manifest) as unknown as Record<string, unknown>,
}));

/** Does what the engine does: every policy on each resource's inputs, then the stack policies on the outputs. */
async function run(inputs: readonly unknown[], { outputs = inputs, config = {}, policies = crossGuardPolicies(today) }: { outputs?: readonly unknown[]; config?: Config; policies?: Policies } = {}): Promise<Violation[]> {
  const violations: Violation[] = [];
  const reporter = (policy: Policies[number]) => (violation: string | { message: string; urn?: string; enforcementLevel?: string }) => {
    const { message, urn, enforcementLevel } = typeof violation === "string" ? { message: violation, urn: undefined, enforcementLevel: undefined } : violation;
    violations.push({ policy: policy.name, message, urn, level: enforcementLevel ?? policy.enforcementLevel });
  };
  const shared = (policy: Policies[number]) => ({ getConfig: () => config[policy.name] ?? {} });
  for (const resource of resourcesOf(inputs)) {
    for (const policy of policies) {
      if (!("validateResource" in policy) || typeof policy.validateResource !== "function") continue;
      await policy.validateResource({ ...resource, ...shared(policy) } as unknown as ResourceValidationArgs, reporter(policy) as never);
    }
  }
  for (const policy of policies) {
    if ("validateStack" in policy) await policy.validateStack({ resources: resourcesOf(outputs), ...shared(policy) } as unknown as StackValidationArgs, reporter(policy) as never);
  }
  return violations;
}

test("there is one policy a rule, mandatory, with its title, rows and lines to write", (t) => {
  const policies = new Map(crossGuardPolicies(today).map((policy) => [policy.name, policy]));
  for (const { id, title, remediation, row } of rulesAsOf(today)) {
    t.like(policies.get(id), { description: title, remediationSteps: remediation, tags: [...row], enforcementLevel: "mandatory" });
  }
});

test("rules about one object run before the object is created", (t) => {
  for (const { id, scope } of rulesAsOf(today)) {
    const policy = crossGuardPolicies(today).find(({ name }) => name === id);
    t.is(policy !== undefined && "validateStack" in policy, scope === "stack", id);
  }
});

test("the policy pack and evaluate give the same verdict on every fixture", async (t) => {
  for (const { rule, title, edits } of fixtures) {
    const blocked = (await run(changed(edits))).filter(({ level }) => level === "mandatory").map(({ policy }) => policy).sort();
    t.deepEqual(blocked, judged(edits).findings.map((finding) => finding.rule.id).sort(), `${rule}: ${title}`);
  }
});

test("an unknown value is advisory, named, and counted at the end", async (t) => {
  const env: Edit = ["api", "spec.template.spec.containers[0].env[0]", { name: "DB_PASSWORD", value: unknownStringValue }];
  t.deepEqual((await run(changed([env]))).map(({ policy, message, level }) => [policy, message, level]), [
    ["X06-credential-in-env", 'Deployment data/bgc-api, container "api": not evaluated: the value of spec.template.spec.containers[0].env[0].value is not known before it is created [X06-credential-in-env]', "advisory"],
    ["evaluated-rules", '1 verdict is open, because values are not known before the update, which decides them: see "not evaluated"', "advisory"],
  ]);
});

test("an exception is shown and does not block", async (t) => {
  const edits: Edit[] = [["api", "spec.template.spec.terminationGracePeriodSeconds", 0],
    ["api", 'metadata.annotations["production-platform/exception.X04-grace-period"]', "stateless; until=2026-03-31"]];
  t.deepEqual((await run(changed(edits))).map(({ message, level }) => [message, level]),
    [["Deployment data/bgc-api: excepted from X04-grace-period until 2026-03-31 (stateless): terminationGracePeriodSeconds is 0", "advisory"]]);
});

test("rules about the stack judge what is declared, not what the server made of it", async (t) => {
  const outputs = changed([["gateway", "spec.replicas", 4]]);
  t.deepEqual(await run(changed([]), { outputs }), []);
});

test("resources that were not offered for themselves are judged by their outputs", async (t) => {
  const outputs = changed([["gateway", "spec.replicas", 4]]);
  t.deepEqual((await run([], { outputs })).map(({ policy, urn }) => [policy, urn]), [["P02-autoscaled-replicas", "urn:Deployment:data:gateway"]]);
});

test("a backup that left the stack is missed although its inputs were seen before", async (t) => {
  const policies = crossGuardPolicies(today);
  t.deepEqual(await run(changed([]), { policies }), []);
  t.deepEqual((await run([], { policies, outputs: changed([["backup", "", undefined]]) })).map(({ policy }) => policy), ["X07-backup"]);
});

test("a rule's configuration changes its numbers", async (t) => {
  const violations = await run(changed([]), { config: { "B04-postgres-liveness": { timeoutSeconds: 20 } } });
  t.deepEqual(violations.map(({ policy, urn }) => [policy, urn]), [["B04-postgres-liveness", "urn:StatefulSet:data:pg-postgresql"]]);
});

test("what the rules cannot see is said", async (t) => {
  const [violation] = await run([{ apiVersion: "helm.sh/v3", kind: "Release", metadata: { name: "kafka" } }]);
  t.like(violation, { policy: "visible-objects", level: "advisory", message: 'kubernetes:helm.sh/v3:Release "kafka" is not evaluated: a Helm release is rendered by the provider; use a Chart, whose objects are seen' });
});
