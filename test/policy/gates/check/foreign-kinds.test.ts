import test from "ava";
import { kindOf, hasGroup } from "../../../../policies/model/kind-groups.ts";
import { fromManifest } from "../../../../policies/model/kubernetes-object.ts";
import { NotEvaluable } from "../../../../policies/model/not-evaluable.ts";
import { evaluate } from "../../../../policies/engine/judge.ts";
import { rulesAsOf } from "../../../../policies/rules/index.ts";
import { parseSettings } from "../../../../policies/engine/settings.ts";
import { checkFiles, problems, today } from "./checking.ts";
import type { CheckOptions } from "../../../../policies/gates/check/check.ts";

/** Findings as `line object[, container]: message [rule]`. */
async function found(text: string, options: Partial<CheckOptions> = {}): Promise<string[]> {
  const { report } = await checkFiles({ "a.yaml": text }, options);
  return report.findings.map(
    ({ location, object, container, message, rule }) =>
      `${location?.line} ${object.ref}${container === undefined ? "" : `, ${container}`}: ${message} [${rule.id}]`,
  );
}

const only = (...rules: string[]) => ({ rules });
const privileged = only("X01-privileged");
const object = (apiVersion: string, kind: string, rest: string) =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: own, namespace: shop }\n${rest}\n`;
const container = "{ name: main, image: main:v1, securityContext: { privileged: true } }";
const namespace = "apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }\n---\n";

test("a kind that another API has under the same name bears its group", (t) => {
  t.is(kindOf("v1", "Service"), "Service");
  t.is(kindOf("serving.knative.dev/v1", "Service"), "Service.serving.knative.dev");
  t.is(kindOf("networking.k8s.io/v1", "NetworkPolicy"), "NetworkPolicy");
  t.is(kindOf("extensions/v1beta1", "NetworkPolicy"), "NetworkPolicy");
  t.is(kindOf("projectcalico.org/v3", "NetworkPolicy"), "NetworkPolicy.projectcalico.org");
  t.is(kindOf("cert-manager.io/v1", "Certificate"), "Certificate");
  t.is(
    kindOf("networking.internal.knative.dev/v1alpha1", "Certificate"),
    "Certificate.networking.internal.knative.dev",
  );
  t.is(kindOf("argoproj.io/v1alpha1", "Rollout"), "Rollout");
});

test("rules know the group of every kind that they look at", (t) => {
  t.deepEqual(
    [...new Set(rulesAsOf(today).flatMap(({ kinds }) => kinds))].filter((kind) => kind !== "*" && !hasGroup(kind)),
    [],
  );
});

test("objects of another API that are called like ours are judged by no rule of ours, and their shape is their own", async (t) => {
  const others: readonly (readonly [apiVersion: string, kind: string, rest: string])[] = [
    ["networking.example.com/v1", "Service", "spec: { type: LoadBalancer, externalIPs: [10.0.0.1] }"],
    ["projectcalico.org/v3", "NetworkPolicy", "spec: { selector: all(), egress: [{ action: Allow }], ingress: [{}] }"],
    ["example.com/v1", "Job", "spec: { steps: 3 }"],
    ["example.com/v1", "Deployment", "spec: none"],
    ["tenancy.example.com/v1", "Namespace", "spec: {}"],
    ["example.com/v1", "ServiceAccount", "{}"],
    ["authorization.example.com/v1", "Role", 'rules: [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }]'],
    ["example.com/v1", "Secret", "stringData: { password: changeme }"],
    ["config.example.com/v1", "Ingress", "spec: { rules: [{ host: shop.example.com }] }"],
    ["networking.internal.example.com/v1", "Certificate", "spec: { secretName: a, dnsNames: [] }"],
    ["example.com/v1", "ConfigMap", "data: { password: Zk8-wq2LLp91 }"],
    ["example.com/v1", "StatefulSet", "spec: { replicas: 3 }"],
  ];
  for (const [apiVersion, kind, rest] of others) {
    const { report } = await checkFiles({ "a.yaml": object(apiVersion, kind, rest.replace("{}", "")) });
    t.deepEqual(
      [report.findings.map(({ message }) => message), problems({ report } as never), report.otherKinds],
      [[], [], { [`${kind}.${apiVersion.split("/")[0]}`]: 1 }],
      kind,
    );
  }
});

test("another API's object stands for none of ours: neither a Service behind an Ingress nor a policy that denies", async (t) => {
  const ingress = object(
    "networking.k8s.io/v1",
    "Ingress",
    "spec: { rules: [{ host: a.test, http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: own, port: { number: 80 } } } }] } }] }",
  );
  const knative = object("serving.knative.dev/v1", "Service", "spec: { template: { spec: {} } }");
  t.deepEqual(await found(`${namespace}${knative}---\n${ingress}`, only("P05-ingress-backend")), []);
  t.deepEqual(await found(`${namespace}${ingress}`, only("P05-ingress-backend")), [
    '8 Ingress shop/own: there is no Service "own" in namespace "shop" [P05-ingress-backend]',
  ]);
  const pod = object("v1", "Pod", `spec: { containers: [{ name: main, image: main:v1 }] }`);
  const calico = object(
    "projectcalico.org/v3",
    "NetworkPolicy",
    "spec: { podSelector: {}, policyTypes: [Ingress, Egress] }",
  );
  t.deepEqual(await found(`${namespace}${calico}---\n${pod}`, only("X05-default-deny")), [
    '1 Namespace shop: namespace "shop" has no NetworkPolicy that denies Ingress by default [X05-default-deny]',
    '1 Namespace shop: namespace "shop" has no NetworkPolicy that denies Egress by default [X05-default-deny]',
  ]);
});

test("the pods in other controllers' kinds are judged, at their place", async (t) => {
  const kinds: readonly (readonly [apiVersion: string, kind: string, spec: string, ref: string])[] = [
    [
      "argoproj.io/v1alpha1",
      "Rollout",
      `spec: { template: { spec: { containers: [\n${container}] } } }`,
      "Rollout shop/own",
    ],
    [
      "apps.kruise.io/v1alpha1",
      "CloneSet",
      `spec: { template: { spec: { containers: [\n${container}] } } }`,
      "CloneSet shop/own",
    ],
    [
      "apps.kruise.io/v1beta1",
      "StatefulSet",
      `spec: { template: { spec: { containers: [\n${container}] } } }`,
      "StatefulSet.apps.kruise.io shop/own",
    ],
    [
      "apps.openshift.io/v1",
      "DeploymentConfig",
      `spec: { template: { spec: { containers: [\n${container}] } } }`,
      "DeploymentConfig shop/own",
    ],
    [
      "jobset.x-k8s.io/v1alpha2",
      "JobSet",
      `spec: { replicatedJobs: [{ name: a, template: { spec: { template: { spec: { containers: [\n${container}] } } } } }] }`,
      "JobSet shop/own",
    ],
    [
      "serving.knative.dev/v1",
      "Service",
      `spec: { template: { spec: { containers: [\n${container}] } } }`,
      "Service.serving.knative.dev shop/own",
    ],
    ["serving.knative.dev/v1", "Revision", `spec: { containers: [\n${container}] }`, "Revision shop/own"],
    [
      "serving.kserve.io/v1beta1",
      "InferenceService",
      `spec: { predictor: { containers: [\n${container}] } }`,
      "InferenceService shop/own",
    ],
    ["tekton.dev/v1", "Task", `spec: { steps: [\n${container}] }`, "Task shop/own"],
    [
      "tekton.dev/v1",
      "Pipeline",
      `spec: { tasks: [{ name: a, taskSpec: { steps: [\n${container}] } }] }`,
      "Pipeline shop/own",
    ],
    ["tekton.dev/v1", "TaskRun", `spec: { taskSpec: { sidecars: [\n${container}] } }`, "TaskRun shop/own"],
    [
      "argoproj.io/v1alpha1",
      "Workflow",
      `spec: { templates: [{ name: a, steps: [] }, { name: b, container:\n${container} }] }`,
      "Workflow shop/own",
    ],
    [
      "argoproj.io/v1alpha1",
      "WorkflowTemplate",
      `spec: { templates: [{ name: b, script: { image: a:v1 }, sidecars: [\n${container}] }] }`,
      "WorkflowTemplate shop/own",
    ],
    [
      "argoproj.io/v1alpha1",
      "CronWorkflow",
      `spec: { workflowSpec: { templates: [{ name: b, containerSet: { containers: [\n${container}] } }] } }`,
      "CronWorkflow shop/own",
    ],
    [
      "batch.volcano.sh/v1alpha1",
      "Job",
      `spec: { tasks: [{ template: { spec: { containers: [\n${container}] } } }] }`,
      "Job.batch.volcano.sh shop/own",
    ],
  ];
  for (const [apiVersion, kind, spec, ref] of kinds) {
    t.deepEqual(
      await found(object(apiVersion, kind, spec), privileged),
      [`5 ${ref}, main: runs privileged [X01-privileged]`],
      kind,
    );
    t.deepEqual(
      await found(object(apiVersion, kind, spec.replace("privileged: true", "privileged: false")), privileged),
      [],
      kind,
    );
  }
});

test("a step has what its task sets for all steps, and a template what its workflow sets", async (t) => {
  const task = object(
    "tekton.dev/v1",
    "Task",
    "spec:\n  stepTemplate: { securityContext: { privileged: true } }\n  steps: [{ name: one, image: a:v1 }, { name: two, image: a:v1, securityContext: { privileged: false } }]",
  );
  t.deepEqual(await found(task, privileged), ["6 Task shop/own, one: runs privileged [X01-privileged]"]);
  const workflow = object(
    "argoproj.io/v1alpha1",
    "Workflow",
    "spec:\n  hostNetwork: true\n  templates: [{ name: a, container: { image: a:v1 } }]",
  );
  t.deepEqual(await found(workflow, only("X01-host-namespaces")), [
    "6 Workflow shop/own: hostNetwork is true [X01-host-namespaces]",
  ]);
});

test("a Service selects the pods of a Rollout, and reaches the ports that they have", async (t) => {
  const rollout = object(
    "argoproj.io/v1alpha1",
    "Rollout",
    "spec: { template: { metadata: { labels: { app: web } }, spec: { containers: [{ name: main, image: a:v1, ports: [{ name: http, containerPort: 80 }] }] } } }",
  );
  const service = (port: string, app = "web") =>
    object("v1", "Service", `spec: { selector: { app: ${app} }, ports: [{ port: 80, targetPort: ${port} }] }`);
  const rules = only("X05-service-selects", "X05-service-target-port");
  t.deepEqual(await found(`${namespace}${rollout}---\n${service("http")}`, rules), []);
  t.deepEqual(await found(`${namespace}${rollout}---\n${service("web")}`, rules), [
    "13 Service shop/own: no container of Rollout shop/own has port web [X05-service-target-port]",
  ]);
  t.deepEqual(await found(`${namespace}${rollout}---\n${service("http", "other")}`, rules), [
    '13 Service shop/own: selects no pods of namespace "shop" [X05-service-selects]',
  ]);
});

test("an exception on another controller's object answers for its pods, and one that is not needed is named", async (t) => {
  const rollout = (is: boolean) =>
    `apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata:\n  name: own\n  annotations: { production-platform/exception.X01-privileged: "reads a device; until=2026-04-01" }\nspec: { template: { spec: { containers: [${container.replace("true", String(is))}] } } }\n`;
  const { report } = await checkFiles({ "a.yaml": rollout(true) }, only("X01-privileged", "X09"));
  t.deepEqual(
    [report.findings.length, report.excepted.map(({ object: { ref }, message }) => `${ref}: ${message}`)],
    [0, ["Rollout default/own: runs privileged"]],
  );
  t.deepEqual(await found(rollout(false), only("X01-privileged", "X09")), [
    "5 Rollout default/own: exception from X01-privileged excepts from nothing: the rule is kept [X09-exception-unused]",
  ]);
});

test("containers in a kind that nobody knows are not evaluated and counted, and a finding where everything must be", async (t) => {
  const pool = object("example.com/v1", "WorkerPool", `spec:\n  groups:\n    - pod: { containers: [${container}] }`);
  const { report } = await checkFiles({ "a.yaml": pool });
  t.deepEqual([report.findings, report.counts.notEvaluated], [[], 1]);
  t.deepEqual(
    report.notEvaluated.map(({ object: { ref }, path, location, message }) => [ref, path, location?.line, message]),
    [
      [
        "WorkerPool shop/own",
        "spec.groups[0].pod.containers",
        6,
        "not evaluated: holds containers, in a kind whose pods the rules do not know",
      ],
    ],
  );
  t.deepEqual(await found(pool, { strict: true }), [
    "6 WorkerPool shop/own: not evaluated: holds containers, in a kind whose pods the rules do not know [X01-privileged]",
  ]);
  t.deepEqual(
    (
      await checkFiles({
        "a.yaml": object("example.com/v1", "Ship", "spec: { containers: [{ name: one, weight: 3 }, two] }"),
      })
    ).report.counts.notEvaluated,
    0,
  );
  t.deepEqual(
    (
      await checkFiles({
        "a.yaml": object("apiextensions.k8s.io/v1", "CustomResourceDefinition", `spec: { containers: [${container}] }`),
      })
    ).report.counts.notEvaluated,
    0,
  );
});

test("containers beside the known pods of a kind are not evaluated either", async (t) => {
  const rollout = object(
    "argoproj.io/v1alpha1",
    "Rollout",
    `spec:\n  template: { spec: { containers: [${container}] } }\n  other: { containers: [${container}] }`,
  );
  const { report } = await checkFiles({ "a.yaml": rollout }, privileged);
  t.deepEqual(
    [report.findings.map(({ path }) => path), report.notEvaluated.map(({ path }) => path)],
    [["spec.template.spec.containers[0].securityContext.privileged"], ["spec.other.containers"]],
  );
});

test("a pod that is not known before an update leaves its verdicts open", (t) => {
  const rollout = {
    apiVersion: "argoproj.io/v1alpha1",
    kind: "Rollout",
    metadata: { name: "own", namespace: "shop" },
    get spec(): never {
      throw new NotEvaluable("the value of spec is not known before it is created");
    },
  };
  const settings = parseSettings({
    enforcement: Object.fromEntries(
      rulesAsOf(today)
        .filter(({ id }) => id !== "X01-privileged")
        .map(({ id }) => [id, "disabled"]),
    ),
  });
  const { findings, notEvaluated } = evaluate(fromManifest(rollout), settings, today);
  t.deepEqual(
    [findings, notEvaluated.map(({ message }) => message)],
    [[], ["not evaluated: the value of spec is not known before it is created"]],
  );
});

test("pods of an impossible shape in another controller's kind are named by their field", async (t) => {
  t.deepEqual(
    problems(
      await checkFiles({
        "a.yaml": object("argoproj.io/v1alpha1", "Rollout", "spec: { template: { spec: { containers: [main] } } }"),
      }),
    ),
    [
      "a.yaml:4:42 Rollout shop/own cannot be judged: spec.template.spec.containers[0] expected object, received string",
    ],
  );
});
