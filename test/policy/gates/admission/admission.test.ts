import test from "ava";
import { admissionGate } from "../../../../policies/gates/admission/gate.ts";
import type { GuardedRule } from "../../../../policies/gates/admission/gate.ts";
import { modes } from "../../../../policies/gates/admission/binding.ts";
import type { Mode } from "../../../../policies/gates/admission/binding.ts";
import type { Admission, ContainerRule, ObjectRule, Severity } from "../../../../policies/rules/rule.ts";
import { rulesAsOf } from "../../../../policies/rules/index.ts";
import { parseSettings } from "../../../../policies/engine/settings.ts";
import { celProblems } from "../../support/cel-problems.ts";
import { today } from "../../fixtures/fixture.ts";

const rules = rulesAsOf(today);
const defaults = parseSettings();
const gate = admissionGate(rules, defaults);

const text = {
  row: ["X01"],
  title: "A title",
  rationale: "A reason.",
  remediation: "securityContext:\n  privileged: false",
  severity: "high",
} as const;
const privileged: ContainerRule = {
  ...text,
  id: "X01-test",
  scope: "container",
  kinds: ["Deployment", "CronJob", "Pod"],
  admission: [{ expression: "container.?privileged.orValue(false) != true", message: "runs privileged" }],
  *check() {},
};
const objectRule = (
  kinds: readonly string[],
  admission: Admission = [{ expression: "has(object.data)", message: "has no data" }],
  severity: Severity = "high",
): ObjectRule => ({ ...text, id: "X01-test", scope: "object", kinds, severity, admission, *check() {} });

/** The one rule of a gate. */
function only(rule: ContainerRule | ObjectRule, ...more: [settings?: object, mode?: Mode]): GuardedRule {
  const [settings, mode] = more;
  return admissionGate([rule], parseSettings(settings), mode).guarded[0]!;
}
const actions = ({ bindings }: GuardedRule) =>
  bindings.map(({ metadata, spec }) => [metadata?.name, spec?.validationActions]);
const condition = ({ policy }: GuardedRule, name: string) =>
  policy.spec?.matchConditions?.find((each) => each.name === name)?.expression;

test("every rule is an admission policy, or says why CEL cannot be one", (t) => {
  t.deepEqual([...gate.guarded, ...gate.unguarded].map(({ rule }) => rule.id).sort(), rules.map(({ id }) => id).sort());
  for (const { rule, reason } of gate.unguarded) t.regex(reason, /\w{3,} \w+/, rule.id);
  t.true(gate.guarded.length > gate.unguarded.length);
  t.log(`${rules.length} rules: ${gate.guarded.length} at admission, ${gate.unguarded.length} beyond CEL`);
});

test("policies and bindings have valid names of their own, and the label by which they are found again", (t) => {
  const objects = gate.guarded.flatMap(({ policy, bindings }) => [policy, ...bindings]);
  t.is(new Set(objects.map(({ kind, metadata }) => `${kind}/${metadata?.name}`)).size, objects.length);
  for (const { metadata } of objects) {
    t.regex(metadata?.name ?? "", /^production-platform-[a-z0-9]([a-z0-9-]{0,200}[a-z0-9])$/);
    t.deepEqual(metadata?.labels, { "production-platform/gate": "admission" });
  }
});

test("every check answers on one line, with what is wrong, its rule, the reason and the lines to write", (t) => {
  for (const { rule, policy } of gate.guarded) {
    t.is(policy.spec?.failurePolicy, "Fail", rule.id);
    for (const { message = "", messageExpression = message, reason } of policy.spec?.validations ?? []) {
      t.is(reason, "Invalid", rule.id);
      t.false(/\n/.test(message + messageExpression), rule.id);
      t.true(
        message.includes(` [${rule.id}]; why: ${rule.rationale} fix: ${rule.remediation.split("\n").join(" / ")}`),
        message,
      );
      t.true(Buffer.byteLength(messageExpression) < 5 * 1024, rule.id);
    }
  }
});

test("every expression is CEL as far as its brackets, texts and operators tell", (t) => {
  for (const { rule, policy } of gate.guarded) {
    const { variables = [], matchConditions = [], validations = [] } = policy.spec ?? {};
    const expressions = [...variables, ...matchConditions, ...validations].map(({ expression }) => expression);
    for (const expression of [
      ...expressions,
      ...validations.flatMap(({ messageExpression = [] }) => messageExpression),
    ]) {
      t.deepEqual(celProblems(expression), [], `${rule.id}: ${expression}`);
    }
  }
});

test("what is not CEL is found", (t) => {
  t.deepEqual(celProblems('object.spec.a === "b"'), ["=== is not an operator of CEL"]);
  t.deepEqual(celProblems("object?.spec"), ["?. is not an operator of CEL: write .?"]);
  t.deepEqual(celProblems('a.matches("\\d")'), ["\\d is not an escape in a text of CEL"]);
  t.deepEqual(celProblems("(a || b"), ["brackets do not match"]);
  t.deepEqual(celProblems('"a'), ["a text has no end"]);
  t.deepEqual(celProblems('a.?b[?"c?.d"].orValue("(") == "\\\\d" ? x : y'), []);
});

test("a rule about containers looks at all of them, in every kind of pod, and names those that fail", (t) => {
  const { spec } = only(privileged).policy;
  t.deepEqual(spec?.matchConstraints?.resourceRules, [
    {
      apiGroups: ["apps"],
      apiVersions: ["v1"],
      scope: "Namespaced",
      operations: ["CREATE", "UPDATE"],
      resources: ["deployments"],
    },
    {
      apiGroups: ["batch"],
      apiVersions: ["v1"],
      scope: "Namespaced",
      operations: ["CREATE", "UPDATE"],
      resources: ["cronjobs"],
    },
    {
      apiGroups: [""],
      apiVersions: ["v1"],
      scope: "Namespaced",
      operations: ["CREATE", "UPDATE"],
      resources: ["pods"],
    },
    {
      apiGroups: [""],
      apiVersions: ["v1"],
      scope: "Namespaced",
      operations: ["UPDATE"],
      resources: ["pods/ephemeralcontainers"],
    },
  ]);
  t.deepEqual(spec?.variables?.slice(0, 2), [
    {
      name: "pod",
      expression:
        'dyn(request.kind.kind in ["Pod"] ? object.spec : request.kind.kind in ["CronJob"] ? object.spec.jobTemplate.spec.template.spec : object.spec.template.spec)',
    },
    {
      name: "containers",
      expression:
        'request.?subResource.orValue("") == "ephemeralcontainers" ? variables.pod.?ephemeralContainers.orValue([])' +
        " : variables.pod.?containers.orValue([]) + variables.pod.?initContainers.orValue([]) + variables.pod.?ephemeralContainers.orValue([])",
    },
  ]);
  t.deepEqual(spec?.validations, [
    {
      expression:
        "variables.excepted || variables.containers.all(container, container.?privileged.orValue(false) != true)",
      message: "runs privileged [X01-test]; why: A reason. fix: securityContext: /   privileged: false",
      messageExpression:
        '"container \\"" + variables.containers.filter(container, !(container.?privileged.orValue(false) != true)).map(container, container.name).join("\\", \\"")' +
        ' + "\\": runs privileged [X01-test]; why: A reason. fix: securityContext: /   privileged: false"',
      reason: "Invalid",
    },
  ]);
});

test("a rule about an object reads the object, and has no message about containers", (t) => {
  const { spec } = only(objectRule(["ConfigMap"])).policy;
  t.deepEqual(
    spec?.variables?.map(({ name }) => name),
    ["exception", "excepted"],
  );
  t.deepEqual(
    spec?.validations?.map(({ expression, messageExpression }) => [expression, messageExpression]),
    [["variables.excepted || (has(object.data))", undefined]],
  );
});

test("with several kinds an object has no type, so that the type checker asks no kind for another's fields; texts stay as they are", (t) => {
  const admission = [
    { expression: 'has(object.data) && object.?kind.orValue("object") != variables.object.x', message: "is wrong" },
  ];
  const written = (...kinds: string[]) => only(objectRule(kinds, admission)).policy.spec?.validations?.[0]?.expression;
  t.is(
    written("ConfigMap"),
    'variables.excepted || (has(object.data) && object.?kind.orValue("object") != variables.object.x)',
  );
  t.is(
    written("ConfigMap", "Service"),
    'variables.excepted || (has(dyn(object).data) && dyn(object).?kind.orValue("object") != variables.object.x)',
  );
});

test("an exception counts when it has a reason and a last day that no write on the object came after", (t) => {
  t.deepEqual(only(privileged).policy.spec?.variables?.slice(2), [
    {
      name: "exception",
      expression: 'object.metadata.?annotations[?"production-platform/exception.X01-test"].orValue("")',
    },
    {
      name: "excepted",
      expression:
        'variables.exception.matches("(?s)^.*\\\\p{L}{2}.*;\\\\s*until=\\\\d{4}-\\\\d{2}-\\\\d{2}\\\\s*$") && has(object.metadata.managedFields)' +
        ' && object.metadata.managedFields.all(entry, !has(entry.time) || timestamp(entry.time) <= timestamp(variables.exception.find("\\\\d{4}-\\\\d{2}-\\\\d{2}\\\\s*$").trim() + "T23:59:59Z"))',
    },
  ]);
});

test("an update is judged for what it changes, and what is being deleted is left alone", (t) => {
  const guarded = only(privileged);
  t.is(condition(guarded, "not-being-deleted"), "!has(object.metadata.deletionTimestamp)");
  const owned = "object.metadata.?ownerReferences.orValue([]).exists(owner, owner.?controller.orValue(false))";
  const notes = `(!${owned} && (object.?metadata.?labels != oldObject.?metadata.?labels || object.?metadata.?annotations != oldObject.?metadata.?annotations))`;
  t.is(condition(guarded, "changed"), `request.operation == "CREATE" || (object.?spec != oldObject.?spec) || ${notes}`);
  t.is(
    condition(only(objectRule(["ReplicaSet"])), "changed"),
    `request.operation == "CREATE" || (object.?spec.?template != oldObject.?spec.?template) || ${notes}`,
  );
  t.is(
    condition(only(objectRule(["ConfigMap", "Service", "Ingress"])), "changed"),
    `request.operation == "CREATE" || (request.kind.kind in ["ConfigMap"] ? object.?data != oldObject.?data || object.?binaryData != oldObject.?binaryData : object.?spec != oldObject.?spec) || ${notes}`,
  );
});

test("pods that a controller makes were judged in its template; others are judged for themselves", (t) => {
  t.is(
    condition(only(privileged), "not-made-from-a-judged-template"),
    'request.operation != "CREATE" || !object.metadata.?ownerReferences.orValue([])' +
      '.exists(owner, owner.?controller.orValue(false) && owner.kind in ["Deployment","CronJob","Pod"])',
  );
  t.is(condition(only(objectRule(["ConfigMap"])), "not-made-from-a-judged-template"), undefined);
});

test("what an operator makes of its custom resource is the operator's; a person who writes the same owner is judged", (t) => {
  const expected =
    '!request.userInfo.username.startsWith("system:serviceaccount:") || !object.metadata.?ownerReferences.orValue([])' +
    '.exists(owner, owner.apiVersion.split("/")[0] in ["acme.cert-manager.io","kafka.strimzi.io","core.strimzi.io","postgresql.cnpg.io"])';
  for (const rule of [only(privileged), only(objectRule(["Service"]))])
    t.is(condition(rule, "not-made-by-an-operator"), expected);
});

test("topics are judged in the version of Strimzi's new releases, and in that of the old ones", (t) => {
  t.deepEqual(only(objectRule(["KafkaTopic", "ScaledObject"])).policy.spec?.matchConstraints?.resourceRules, [
    {
      apiGroups: ["kafka.strimzi.io"],
      apiVersions: ["v1", "v1beta2"],
      scope: "Namespaced",
      operations: ["CREATE", "UPDATE"],
      resources: ["kafkatopics"],
    },
    {
      apiGroups: ["keda.sh"],
      apiVersions: ["v1alpha1"],
      scope: "Namespaced",
      operations: ["CREATE", "UPDATE"],
      resources: ["scaledobjects"],
    },
  ]);
});

test("by default blocking rules refuse and the others warn; a milder mode is milder for all", (t) => {
  const under = (mode: Mode, severity: Severity) =>
    actions(only(objectRule(["ConfigMap"], undefined, severity), {}, mode)).flatMap(([, action]) => action);
  t.deepEqual(
    modes.map((mode) => [mode, under(mode, "critical"), under(mode, "low")]),
    [
      ["deny", ["Deny"], ["Warn", "Audit"]],
      ["warn", ["Warn", "Audit"], ["Warn", "Audit"]],
      ["audit", ["Audit"], ["Audit"]],
    ],
  );
});

test("settings make a rule milder, or leave it out", (t) => {
  const rule = { ...objectRule(["ConfigMap"]), id: "X01-privileged" };
  t.deepEqual(actions(only(rule, { enforcement: { "X01-privileged": "advisory" } })), [
    ["production-platform-x01-privileged", ["Warn", "Audit"]],
  ]);
  const { guarded, unguarded } = admissionGate(
    [rule],
    parseSettings({ enforcement: { "X01-privileged": "disabled" } }),
  );
  t.deepEqual([guarded, unguarded.map(({ reason }) => reason)], [[], ["the settings disable it"]]);
});

test("only namespaces with the label are guarded", (t) => {
  const [binding] = only(privileged).bindings;
  t.deepEqual(binding?.spec?.matchResources?.namespaceSelector, {
    matchLabels: { "pod-security.kubernetes.io/enforce": "restricted" },
  });
  const own = admissionGate([privileged], defaults, "deny", { key: "team", value: "data" }).guarded[0];
  t.deepEqual(own?.bindings[0]?.spec?.matchResources?.namespaceSelector, { matchLabels: { team: "data" } });
});

test("a namespace is ours while it has the label, and in the update that takes it away", (t) => {
  const guarded = only(objectRule(["Namespace"]));
  t.deepEqual(actions(guarded), [["production-platform-x01-test-namespaces", ["Deny"]]]);
  t.is(guarded.bindings[0]?.spec?.matchResources?.namespaceSelector, undefined);
  const label = (object: string) =>
    `${object}.metadata.?labels[?"pod-security.kubernetes.io/enforce"].orValue("") == "restricted"`;
  t.is(
    condition(guarded, "namespace-of-ours"),
    `request.kind.kind != "Namespace" || ${label("object")} || (request.operation == "UPDATE" && ${label("oldObject")})`,
  );
});

test("objects of the whole cluster are never refused, so that nobody is locked out", (t) => {
  const guarded = only(objectRule(["Role", "ClusterRole"]));
  t.deepEqual(actions(guarded), [
    ["production-platform-x01-test", ["Deny"]],
    ["production-platform-x01-test-cluster", ["Warn", "Audit"]],
  ]);
  t.deepEqual(
    guarded.bindings.map(({ spec }) =>
      spec?.matchResources?.resourceRules?.map(({ resources, scope }) => [resources, scope]),
    ),
    [[[["roles"], "Namespaced"]], [[["clusterroles"], "Cluster"]]],
  );
  for (const { bindings } of gate.guarded) {
    for (const { metadata, spec } of bindings.filter(({ metadata: { name = "" } = {} }) => name.endsWith("-cluster")))
      t.deepEqual(spec?.validationActions, ["Warn", "Audit"], metadata?.name);
  }
});

test("numbers of a namespace and of a workload are written out for their objects", (t) => {
  const rule = objectRule(["Deployment"], (settings) => [
    { expression: `object.n >= ${settings["B04-postgres-liveness"].timeoutSeconds}`, message: "n is too small" },
  ]);
  const settings = {
    overrides: [
      { namespace: "data", rules: { "B04-postgres-liveness": { timeoutSeconds: 20 } } },
      { namespace: "data", workload: "Deployment/pg", rules: { "B04-postgres-liveness": { timeoutSeconds: 30 } } },
      { namespace: "edi", rules: { "B05-postgres-startup": { budgetSeconds: 900 } } },
    ],
  };
  const { spec } = only({ ...rule, id: "B04-postgres-liveness" }, settings).policy;
  const inData = 'object.metadata.?namespace.orValue("") == "data"';
  t.is(
    spec?.variables?.find(({ name }) => name === "variant")?.expression,
    `${inData} && request.kind.kind == "Deployment" && object.metadata.name == "pg" ? 0 : ${inData} ? 1 : 2`,
  );
  t.deepEqual(
    spec?.validations?.map(({ expression }) => expression),
    [
      "variables.variant != 0 || variables.excepted || (object.n >= 30)",
      "variables.variant != 1 || variables.excepted || (object.n >= 20)",
      "variables.variant != 2 || variables.excepted || (object.n >= 10)",
    ],
  );
  t.deepEqual(
    only(rule, settings).policy.spec?.validations?.map(({ expression }) => expression),
    ["variables.excepted || (object.n >= 10)"],
  );
});

test("a rule whose checks the settings take away has no policy, and says so", (t) => {
  const { guarded, unguarded } = admissionGate([objectRule(["ConfigMap"], () => [])], defaults);
  t.deepEqual([guarded, unguarded.map(({ reason }) => reason)], [[], ["the settings leave nothing to check"]]);
});

test("a kind that nothing is known of is an error that says where to add it", (t) => {
  t.throws(() => only(objectRule(["Broker"])), {
    message: "X01-test looks at Broker: name its group, version and plural in policies/gates/admission/kinds.ts",
  });
});

test("the same rules give the same manifests", (t) => {
  const manifests = () =>
    admissionGate(rulesAsOf(today), parseSettings()).guarded.map(({ policy, bindings }) => [policy, bindings]);
  t.deepEqual(manifests(), manifests());
});
