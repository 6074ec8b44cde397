import { createRequire } from "node:module";
import test from "ava";
import { crossGuardPolicies } from "../../../../policies/gates/pulumi/cross-guard.ts";
import { rulesAsOf } from "../../../../policies/rules/index.ts";
import { parseSettings } from "../../../../policies/engine/settings.ts";
import { changed, today } from "../../fixtures/fixture.ts";
import type { Edit } from "../../fixtures/fixture.ts";
import { fixtures } from "../../fixtures/index.ts";
import { runPack as run } from "../../support/cross-guard-run.ts";

// The mark the engine sends for an unknown value in a preview.
const { unknownStringValue } = createRequire(import.meta.url)("@pulumi/policy/proxy.js") as {
  unknownStringValue: string;
};

test("there is one policy a rule, of the rule's level, with its title, rows and lines to write", (t) => {
  const policies = new Map(crossGuardPolicies(today).map((policy) => [policy.name, policy]));
  for (const { id, title, remediation, row, severity } of rulesAsOf(today)) {
    t.like(policies.get(id), {
      description: title,
      remediationSteps: remediation,
      tags: [...row],
      enforcementLevel: severity === "low" ? "advisory" : "mandatory",
    });
  }
});

test("rules about one object run before the object is created", (t) => {
  const policies = crossGuardPolicies(today);
  for (const { id, scope } of rulesAsOf(today)) {
    const policy = policies.find(({ name }) => name === id);
    t.is(policy !== undefined && "validateStack" in policy, scope === "stack", id);
  }
});

/** The pack treats rules of one scope alike; integration/gates asks it for every fixture, word for word. */
const some = Object.values(Object.groupBy(rulesAsOf(today), ({ scope }) => scope)).flatMap((rules) =>
  rules.slice(0, 4),
);
// One pack for all, as one engine run has one; so they follow each other.
const pack = crossGuardPolicies(today);
for (const { id } of some) {
  test.serial(`the policy pack says what evaluate says where ${id} fails`, async (t) => {
    const { edits, title, says } = fixtures.find(({ rule, says }) => rule === id && says.length > 0)!;
    const violations = (await run(changed(edits), { policies: pack })).filter(
      ({ message }) => !message.includes(": excepted from "),
    );
    t.deepEqual(
      violations.map(({ policy, message }) => `${policy} ${message.split("\n")[0]}`),
      says.map((line) => `${id} ${line} [${id}]`),
      title,
    );
  });
}

test("an unknown value is advisory, named, and counted at the end", async (t) => {
  const env: Edit = [
    "api",
    "spec.template.spec.containers[0].env[0]",
    { name: "DB_PASSWORD", value: unknownStringValue },
  ];
  t.deepEqual(
    (await run(changed([env]))).map(({ policy, message, level }) => [policy, message, level]),
    [
      [
        "X06-credential-in-env",
        'Deployment data/bgc-api, container "api": not evaluated: the value of spec.template.spec.containers[0].env[0].value is not known before it is created [X06-credential-in-env]',
        "advisory",
      ],
      [
        "evaluated-rules",
        '1 verdict is open, because values are not known before the update, which decides them: see "not evaluated"',
        "advisory",
      ],
    ],
  );
});

test("an exception is shown and does not block", async (t) => {
  const edits: Edit[] = [
    ["api", "spec.template.spec.terminationGracePeriodSeconds", 0],
    ["api", 'metadata.annotations["production-platform/exception.X04-grace-period"]', "stateless; until=2026-03-31"],
  ];
  t.deepEqual(
    (await run(changed(edits))).map(({ message, level }) => [message, level]),
    [
      [
        "Deployment data/bgc-api: excepted from X04-grace-period until 2026-03-31 (stateless): terminationGracePeriodSeconds is 0",
        "advisory",
      ],
    ],
  );
});

test("rules about the stack judge what is declared, not what the server made of it", async (t) => {
  const outputs = changed([["gateway", "spec.replicas", 4]]);
  t.deepEqual(await run(changed([]), { outputs }), []);
});

test("resources that were not offered for themselves are judged by their outputs", async (t) => {
  const outputs = changed([["gateway", "spec.replicas", 4]]);
  t.deepEqual(
    (await run([], { outputs })).map(({ policy, urn }) => [policy, urn]),
    [["P02-autoscaled-replicas", "urn:Deployment:data:gateway"]],
  );
});

test("a backup that left the stack is missed although its inputs were seen before", async (t) => {
  const policies = crossGuardPolicies(today);
  t.deepEqual(await run(changed([]), { policies }), []);
  t.deepEqual(
    (await run([], { policies, outputs: changed([["backup", "", undefined]]) })).map(({ policy }) => policy),
    ["X07-backup"],
  );
});

test("a rule's configuration changes its numbers", async (t) => {
  const violations = await run(changed([]), { config: { "B04-postgres-liveness": { timeoutSeconds: 20 } } });
  t.deepEqual(
    violations.map(({ policy, urn }) => [policy, urn]),
    [["B04-postgres-liveness", "urn:StatefulSet:data:pg-postgresql"]],
  );
});

test("settings reach every policy: levels, numbers of a namespace, and strictness", async (t) => {
  const settings = parseSettings({
    enforcement: { "X04-grace-period": "advisory", "X04-spread": "disabled" },
    overrides: [{ namespace: "data", rules: { "B05-postgres-startup": { budgetSeconds: 900 } } }],
    strict: true,
  });
  const policies = crossGuardPolicies(today, settings);
  t.is(policies.find(({ name }) => name === "X04-spread")?.enforcementLevel, "disabled");
  const env: Edit = [
    "api",
    "spec.template.spec.containers[0].env[0]",
    { name: "DB_PASSWORD", value: unknownStringValue },
  ];
  const violations = await run(changed([["api", "spec.template.spec.terminationGracePeriodSeconds", 0], env]), {
    policies,
  });
  t.deepEqual(violations.map(({ policy, level }) => [policy, level]).sort(), [
    ["B05-postgres-startup", "mandatory"],
    ["X04-grace-period", "advisory"],
    ["X06-credential-in-env", "mandatory"],
  ]);
});

test("a rule's own configuration wins over the stack's numbers, and over neither an override nor another rule", async (t) => {
  const settings = parseSettings({
    "B05-postgres-startup": { budgetSeconds: 900 },
    overrides: [
      {
        namespace: "data",
        workload: "StatefulSet/pg-postgresql",
        rules: { "B04-postgres-liveness": { timeoutSeconds: 10 } },
      },
    ],
  });
  const config = {
    "B04-postgres-liveness": { timeoutSeconds: 20, periodSeconds: 60 },
    "B05-postgres-startup": { budgetSeconds: 600 },
  };
  const violations = await run(changed([]), { config, policies: crossGuardPolicies(today, settings) });
  t.deepEqual(
    violations.map(({ message }) => message.split("\n")[0]),
    [
      'StatefulSet data/pg-postgresql, container "postgres": livenessProbe.periodSeconds is 30, must be at least 60 [B04-postgres-liveness]',
    ],
  );
});

test("a wrong name in a rule's own configuration is one violation, however many objects there are, and no stack trace", async (t) => {
  const violations = await run(changed([]), {
    config: { "X02-container-resources": { requireCpu: false }, "B06-redis-memory": { limitRation: 2 } },
  });
  t.deepEqual(
    violations.map(({ policy, message, level }) => [policy, message, level]),
    [
      [
        "X02-container-resources",
        'The policy settings are not valid:\n  X02-container-resources.requireCpu: there is no such setting; the only one is "requireCpuLimit"',
        "mandatory",
      ],
      [
        "B06-redis-memory",
        'The policy settings are not valid:\n  B06-redis-memory.limitRation: there is no such setting; the only one is "limitRatio"',
        "mandatory",
      ],
    ],
  );
});

test("what the rules cannot see is said", async (t) => {
  const [violation] = await run([{ apiVersion: "helm.sh/v3", kind: "Release", metadata: { name: "kafka" } }]);
  t.like(violation, {
    policy: "visible-objects",
    level: "advisory",
    message:
      'kubernetes:helm.sh/v3:Release "kafka" is not evaluated: a Helm release is rendered by the provider; use a Chart, whose objects are seen',
  });
});
