import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { fromManifest } from "../../policies/model/kubernetes-object.ts";
import type { Manifest } from "../../policies/model/kubernetes-object.ts";
import { judge } from "../../policies/engine/judge.ts";
import { podKinds } from "../../policies/model/pod-spec-walker.ts";
import type { Finding } from "../../policies/rules/rule.ts";
import { rulesAsOf } from "../../policies/rules/index.ts";
import { podSecurityRelease, safeSysctls } from "../../policies/rules/pod-security/lists.ts";
import { parseSettings } from "../../policies/engine/settings.ts";
import { indexObjects } from "../../policies/model/object-index.ts";
import { line, today } from "./fixtures/fixture.ts";

type Pods = Readonly<Record<string, Manifest>>;

/** Written by test/support/vendor-pod-security-fixtures.ts. */
const file = join(import.meta.dirname, "fixtures/pod-security-standard.json");
const fixtures = JSON.parse(readFileSync(file, "utf8")) as Record<
  "baseline" | "restricted",
  Record<"pass" | "fail", Pods>
>;

/** The control that each set of files is about, and that must object. */
const controls: Readonly<Record<string, readonly string[]>> = {
  allowprivilegeescalation: ["Privilege Escalation"],
  apparmorprofile: ["AppArmor"],
  capabilities_baseline: ["Capabilities"],
  capabilities_restricted: ["Capabilities"],
  hostnamespaces: ["Host Namespaces"],
  hostpathvolumes: ["HostPath Volumes"],
  hostports: ["Host Ports"],
  hostprobesandhostlifecycle: ["Host Probes / Lifecycle Hooks"],
  privileged: ["Privileged Containers"],
  procmount: ["/proc Mount Type"],
  procmount_restricted: ["/proc Mount Type"],
  restrictedvolumes: ["Volume Types", "HostPath Volumes"],
  runasnonroot: ["Running as Non-root"],
  runasuser: ["Running as Non-root user"],
  seccompprofile_baseline: ["Seccomp"],
  seccompprofile_restricted: ["Seccomp"],
  selinuxoptions: ["SELinux"],
  sysctls: ["Sysctls"],
  windowshostprocess: ["HostProcess"],
};

const settings = parseSettings();
const rules = rulesAsOf(today);
const rulesOf = {
  baseline: rules.filter(({ sources }) => sources?.podSecurity?.level === "baseline"),
  restricted: rules.filter(({ sources }) => sources?.podSecurity !== undefined),
};

function judged(manifest: Manifest, level: "baseline" | "restricted") {
  const objects = fromManifest(manifest);
  const verdicts = objects.flatMap((object) =>
    rulesOf[level].map((rule) => judge(rule, object, indexObjects(objects), settings, today)),
  );
  return {
    objects,
    findings: verdicts.flatMap(({ findings }) => findings),
    open: verdicts.flatMap(({ notEvaluated }) => notEvaluated),
  };
}

/** A pod as the template inside an object of a kind. */
function inside(kind: string, pod: Manifest): Manifest {
  const { metadata, spec } = pod;
  const template = { metadata: { annotations: metadata?.annotations ?? {} }, spec };
  const fields =
    kind === "CronJob"
      ? { spec: { jobTemplate: { spec: { template } } } }
      : kind === "PodTemplate"
        ? { template }
        : { spec: { template } };
  return kind === "Pod" ? pod : { apiVersion: "v1", kind, metadata: { name: metadata?.name ?? "" }, ...fields };
}

/** A pod all of whose containers were added while it ran. */
function ephemeral({ spec, ...pod }: Manifest): Manifest {
  const { containers, initContainers = [], ...rest } = spec as Record<string, unknown[]>;
  const securityContext = {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"] },
    runAsNonRoot: true,
    seccompProfile: { type: "RuntimeDefault" },
  };
  const harmless = { name: "harmless", securityContext };
  return {
    ...pod,
    spec: { ...rest, containers: [harmless], ephemeralContainers: [...(containers ?? []), ...initContainers] },
  };
}

const controlsOf = (findings: readonly Finding[]) => [
  ...new Set(findings.map(({ rule }) => rule.sources?.podSecurity?.control ?? "")),
];

for (const level of ["baseline", "restricted"] as const) {
  const { pass, fail } = fixtures[level];

  test(`every pod that Kubernetes' own tests admit at level ${level} passes`, (t) => {
    const wrong = Object.entries(pass).flatMap(([file, pod]) => {
      const { objects, findings, open } = judged(pod, level);
      return objects.length === 1 && findings.length + open.length === 0
        ? []
        : [`${file}: ${[...findings, ...open].map(line).join(", ")}`];
    });
    t.log(`${Object.keys(pass).length - wrong.length} of ${Object.keys(pass).length} are admitted`);
    t.deepEqual(wrong, []);
  });

  test(`every pod that Kubernetes' own tests refuse at level ${level} is refused, by its control`, (t) => {
    const wrong = Object.entries(fail).flatMap(([file, pod]) => {
      const about = controls[file.replace(/\d+\.yaml$/, "")] ?? [];
      const { findings, open } = judged(pod, level);
      return controlsOf(findings).some((control) => about.includes(control)) && open.length === 0
        ? []
        : [`${file}: ${[...findings, ...open].map(line).join(", ")}`];
    });
    t.log(`${Object.keys(fail).length - wrong.length} of ${Object.keys(fail).length} are refused`);
    t.deepEqual(wrong, []);
  });

  test(`the verdicts at level ${level} are the same in every kind with a pod`, (t) => {
    for (const [file, pod] of [...Object.entries(pass), ...Object.entries(fail)]) {
      const expected = judged(pod, level).findings.map(({ rule, message }) => [rule.id, message]);
      for (const kind of podKinds)
        t.deepEqual(
          judged(inside(kind, pod), level).findings.map(({ rule, message }) => [rule.id, message]),
          expected,
          `${file} in a ${kind}`,
        );
    }
  });

  test(`ephemeral containers get the same verdicts at level ${level}`, (t) => {
    for (const [file, pod] of Object.entries(pass))
      t.deepEqual(judged(ephemeral(pod), level).findings.map(line), [], file);
    for (const [file, pod] of Object.entries(fail))
      t.deepEqual(controlsOf(judged(ephemeral(pod), level).findings), controlsOf(judged(pod, level).findings), file);
  });
}

test("the sets are those of Kubernetes 1.37", (t) => {
  const counts = Object.entries(fixtures).map(([level, { pass, fail }]) => [
    level,
    Object.keys(pass).length,
    Object.keys(fail).length,
  ]);
  t.deepEqual(counts, [
    ["baseline", 15, 34],
    ["restricted", 23, 76],
  ]);
  t.is(podSecurityRelease, "v0.37.2");
  t.deepEqual(
    ["net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_notsent_lowat", "kernel.msgmax"].map((name) =>
      safeSysctls.includes(name),
    ),
    [true, true, false],
  );
});

test("every control of the standard has a rule, and refuses a pod of the sets", (t) => {
  const named = new Set(Object.values(controls).flat());
  t.deepEqual(
    [...new Set(rulesOf.restricted.map(({ sources }) => sources?.podSecurity?.control))].sort(),
    [...named].sort(),
  );
});
