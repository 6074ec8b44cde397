import test from "ava";
import { admissionGate } from "../../../policies/gates/admission/gate.ts";
import { crossGuardPolicies } from "../../../policies/gates/pulumi/cross-guard.ts";
import { levelOf } from "../../../policies/engine/enforcement.ts";
import { rulesByKind } from "../../../policies/engine/judge.ts";
import { profileNames, profiles } from "../../../policies/profiles/profiles.ts";
import { strictOnly } from "../../../policies/profiles/strict-only.ts";
import type { ProfileName } from "../../../policies/profiles/profiles.ts";
import { rulesAsOf } from "../../../policies/rules/index.ts";
import { parseSettings } from "../../../policies/engine/settings.ts";
import { checkFiles, today } from "../gates/check/checking.ts";
import { brokenPaths, good, nodeAgent, operator, plainNginx } from "./manifests.ts";

const rules = rulesAsOf(today);
const sorted = (ids: Iterable<string>) => [...ids].sort();

/** What a profile says of a file: the rules that block and those that advise, each as often as it finds something. */
async function said(text: string, profile: ProfileName): Promise<{ blocks: string[]; advises: string[] }> {
  const { report } = await checkFiles({ "a.yaml": text }, { profile });
  const ids = (state: string) =>
    sorted(report.findings.filter((finding) => finding.state === state).map(({ rule }) => rule.id));
  if (report.notEvaluated.length > 0) throw new Error(`${report.notEvaluated.length} verdicts are open`);
  return { blocks: ids("blocks"), advises: ids("advice") };
}

/** What `strict` asks of any workload of somebody else, whatever it is. */
const anybodys = [
  "X01-user-and-group",
  "X01-user-and-group",
  "X02-container-resources",
  "X02-ephemeral-storage",
  "X02-namespace-budget",
  "X02-namespace-budget",
  "X03-probes",
  "X04-grace-period",
  "X05-default-deny",
  "X05-default-deny",
  "X05-flows-declared",
];
const notRestricted = ["X01-capabilities", "X01-privilege-escalation", "X01-run-as-non-root", "X01-seccomp"];
const node = ["X01-host-namespaces", "X01-host-namespaces", "X01-host-path", "X01-privileged"];
const nothing = { blocks: [], advises: [] };
const blocking = (...ids: readonly string[]) => ({ blocks: sorted(ids), advises: [] });

const cases: readonly (readonly [
  title: string,
  text: string,
  Readonly<Record<ProfileName, { blocks: string[]; advises: string[] }>>,
])[] = [
  [
    "a plain nginx",
    plainNginx,
    {
      "pod-security-baseline": nothing,
      "pod-security-restricted": blocking(...notRestricted),
      recommended: {
        blocks: ["X01-privilege-escalation", "X01-run-as-non-root", "X02-container-resources", "X03-probes"],
        advises: [
          "X01-capabilities",
          "X01-read-only-root",
          "X01-seccomp",
          "X01-service-account-token",
          "X04-disruption-budget",
          "X04-spread",
        ],
      },
      strict: blocking(
        ...anybodys,
        ...notRestricted,
        "X01-read-only-root",
        "X01-service-account-token",
        "X04-disruption-budget",
        "X04-spread",
      ),
    },
  ],
  [
    "a careful Deployment",
    good,
    {
      "pod-security-baseline": nothing,
      "pod-security-restricted": nothing,
      recommended: nothing,
      strict: blocking(...anybodys),
    },
  ],
  [
    "an agent on the node",
    nodeAgent,
    {
      "pod-security-baseline": blocking(...node),
      "pod-security-restricted": blocking(...node, ...notRestricted),
      recommended: {
        blocks: sorted([...node, "X01-privilege-escalation", "X01-run-as-non-root"]),
        advises: ["X01-capabilities", "X01-read-only-root", "X01-seccomp"],
      },
      strict: blocking(...anybodys, ...node, ...notRestricted, "X01-read-only-root"),
    },
  ],
  [
    "a Service that leads nowhere",
    brokenPaths,
    {
      "pod-security-baseline": nothing,
      "pod-security-restricted": nothing,
      recommended: blocking("X05-service-target-port"),
      strict: blocking(...anybodys, "X05-service-target-port", "P05-ingress-tls"),
    },
  ],
  [
    "an operator with every right",
    operator,
    (() => {
      const rights = [
        "approval",
        "escalation",
        "exec",
        "nodes",
        "rights",
        "secrets",
        "tokens",
        "volumes",
        "webhooks",
        "wildcards",
        "wildcards",
        "wildcards",
      ].map((right) => `X01-rbac-${right}`);
      return {
        "pod-security-baseline": nothing,
        "pod-security-restricted": nothing,
        recommended: blocking(...rights, "X06-credential-in-env"),
        strict: blocking(
          ...anybodys,
          ...rights,
          "X06-credential-in-env",
          "X01-rbac-workloads",
          "X01-service-account-automount",
        ),
      };
    })(),
  ],
];

for (const [title, text, verdicts] of cases) {
  test(`each profile stops ${title} for what it is about, and advises where it would not`, async (t) => {
    for (const profile of profileNames) t.deepEqual(await said(text, profile), verdicts[profile], profile);
  });
}

test("each profile holds the rules that it should, and a rule that only strict holds exists", (t) => {
  t.deepEqual(
    profileNames.map((name) => [name, rules.filter((rule) => profiles[name].holds(rule)).length]),
    [
      ["pod-security-baseline", 13],
      ["pod-security-restricted", 20],
      ["recommended", 105],
      ["strict", 164],
    ],
  );
  t.deepEqual(
    [...strictOnly].filter((id) => !rules.some((rule) => rule.id === id)),
    [],
  );
});

test("the pack, the checks and the API server hold the same rules under a profile, and block for the same", (t) => {
  for (const profile of profileNames) {
    const settings = parseSettings({ profile });
    const byLevel = (level: string) =>
      sorted(rules.filter((rule) => levelOf(rule, settings) === level).map(({ id }) => id));
    const held = sorted(rules.filter((rule) => profiles[profile].holds(rule)).map(({ id }) => id));
    const checks = rulesByKind(settings, today);
    t.deepEqual(
      sorted(new Set(rules.flatMap(({ kinds }) => kinds.flatMap((kind) => checks(kind).map(({ id }) => id))))),
      held,
      profile,
    );
    const pack = crossGuardPolicies(today, settings).filter(({ name }) => rules.some(({ id }) => id === name));
    for (const level of ["mandatory", "advisory", "disabled"])
      t.deepEqual(
        sorted(pack.filter(({ enforcementLevel }) => enforcementLevel === level).map(({ name }) => name)),
        byLevel(level),
        profile,
      );
    const { guarded, unguarded } = admissionGate(rules, settings);
    t.deepEqual(
      guarded.map(({ rule }) => rule.id).filter((id) => !held.includes(id)),
      [],
      profile,
    );
    const left = unguarded
      .filter(({ reason }) => reason === `profile ${profile} does not hold it`)
      .map(({ rule }) => rule.id);
    t.deepEqual(sorted(left), byLevel("disabled"), profile);
    const refusing = guarded
      .filter(({ bindings }) => bindings.some(({ spec }) => spec?.validationActions?.includes("Deny")))
      .map(({ rule }) => rule.id);
    t.deepEqual(
      refusing.filter((id) => !byLevel("mandatory").includes(id)),
      [],
      profile,
    );
  }
});

test("what a team sets for a rule wins over the profile: its level, and its numbers", async (t) => {
  const blocks = async (settings: string) => {
    const { report } = await checkFiles(
      { "a.yaml": plainNginx, "settings.yml": settings },
      { profile: undefined, inputs: ["a.yaml"], settings: "settings.yml" },
    );
    return report.findings
      .filter(({ state }) => state === "blocks")
      .map(({ rule, message }) => `${rule.id}: ${message}`);
  };
  const [escalation, user, resources, probe] = [
    "X01-privilege-escalation: allowPrivilegeEscalation is not false",
    "X01-run-as-non-root: runAsNonRoot is not set, neither here nor on the pod",
    "X02-container-resources: has no cpu request, no memory request and no memory limit",
    "X03-probes: has no readinessProbe",
  ];
  t.deepEqual(await blocks("profile: recommended"), [escalation, user, resources, probe]);
  t.deepEqual(
    await blocks(
      "{ profile: recommended, X02-container-resources: { requireCpuLimit: true }, X03-probes: { required: [livenessProbe] } }",
    ),
    [
      escalation,
      user,
      "X02-container-resources: has no cpu request, no memory request, no memory limit and no cpu limit",
      "X03-probes: has no livenessProbe",
    ],
  );
  t.deepEqual(await blocks("{ profile: pod-security-baseline, enforcement: { X04-grace-period: mandatory } }"), [
    "X04-grace-period: terminationGracePeriodSeconds is not set",
  ]);
  t.deepEqual(
    await blocks("{ profile: recommended, enforcement: { X02-container-resources: advisory, X03-probes: disabled } }"),
    [escalation, user],
  );
});

test("a check of others' files is recommended; settings, a choice of rules and an option say otherwise", async (t) => {
  const profile = async (options: object) =>
    (
      await checkFiles(
        { "a.yaml": good, "settings.yml": "strict: true" },
        { inputs: ["a.yaml"], profile: undefined, ...options },
      )
    ).report.profile;
  t.is(await profile({}), "recommended");
  t.is(await profile({ settings: "settings.yml" }), "strict");
  t.is(await profile({ rules: ["X04"] }), "strict");
  t.is(await profile({ settings: "settings.yml", profile: "pod-security-baseline" }), "pod-security-baseline");
});

test("a profile that does not exist is answered with those that do", (t) => {
  t.throws(() => parseSettings({ profile: "restricted" }), {
    message:
      'The policy settings are not valid:\n  profile: Invalid option: expected one of "pod-security-baseline"|"pod-security-restricted"|"recommended"|"strict" (is "restricted")',
  });
});
