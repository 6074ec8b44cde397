import { volumes } from "../../cel/pods.ts";
import { cel } from "../../cel/template.ts";
import type { Cel } from "../../cel/template.ts";
import { podKinds, podOf } from "../../model/pod-spec-walker.ts";
import type { ContainerRule, ObjectRule, Rule } from "../rule.ts";

const base = { row: ["X06"], kinds: podKinds } as const;

/** Bits of a file's mode that are too many: the owner may have all, the group may read, others nothing. */
const tooMany = 0o037;
const celTooMany = (mode: Cel) => cel`(${mode} % 8 != 0 || !(${mode} / 8 % 8 in [0, 4]))`;

/** Kubernetes' mode of mounted files. */
const usualMode = 0o644;

const fileMode: ObjectRule = {
  ...base,
  id: "X06-secret-file-mode",
  scope: "object",
  severity: "medium",
  title: "Mounted Secrets are not readable by every user of the container",
  rationale:
    "Kubernetes mounts them as 0644: a process that was started as another user, to have less rights, reads them all the same.",
  remediation: [
    "volumes:",
    "  - name: credentials",
    "    secret:",
    "      secretName: <secret>",
    "      defaultMode: 0440   # in JSON 288; with the pod's fsGroup the program's group reads it",
  ].join("\n"),
  admission: [
    {
      expression: cel`${volumes}.all(volume, !has(volume.secret)
        || !${celTooMany(cel`volume.secret.?defaultMode.orValue(${usualMode})`)}
          && volume.secret.?items.orValue([]).all(item, !has(item.mode) || !${celTooMany(cel`item.mode`)}))`,
      message: "a Secret is mounted with a mode that others can read",
    },
    {
      expression: cel`${volumes}.all(volume, !has(volume.projected)
        || volume.projected.?sources.orValue([]).all(source, !has(source.secret))
        || !${celTooMany(cel`volume.projected.?defaultMode.orValue(${usualMode})`)})`,
      message: "a projected Secret is mounted with a mode that others can read",
    },
  ],
  *check(object) {
    const pod = podOf(object);
    for (const [index, { name, secret, projected }] of (pod?.spec.volumes ?? []).entries()) {
      const modes = [
        ...(secret === undefined ? [] : [["secret.defaultMode", secret.defaultMode ?? usualMode] as const]),
        ...(secret?.items ?? []).flatMap(({ mode }, item) =>
          mode === undefined ? [] : [[`secret.items[${item}].mode`, mode] as const],
        ),
        ...((projected?.sources ?? []).some((source) => source.secret)
          ? [["projected.defaultMode", projected?.defaultMode ?? usualMode] as const]
          : []),
      ];
      for (const [field, mode] of modes) {
        if ((mode & tooMany) === 0) continue;
        const message = `volume "${name}" mounts a Secret with mode 0${mode.toString(8)}: others must not read it, nor the group write it`;
        yield { path: `${pod?.path}.volumes[${index}].${field}`, message };
      }
    }
  },
};

const inEnvironment: ContainerRule = {
  ...base,
  id: "X06-secret-in-env",
  scope: "container",
  severity: "low",
  title: "Programs read Secrets from files",
  rationale:
    "The environment is copied to every child, printed by crash reports and stays as it was when the Secret is rotated; a mounted file is none of that.",
  remediation:
    "volumeMounts:\n  - { name: credentials, mountPath: /credentials, readOnly: true }\nenv:\n  - { name: DB_PASSWORD_FILE, value: /credentials/password }",
  sources: { cis: ["5.4.1"], scanners: ["kube-linter read-secret-from-env-var", "Checkov CKV_K8S_35"] },
  admission: ({ "X06-secret-in-env": { environmentOnly } }) => [
    {
      expression: cel`container.?env.orValue([]).all(variable,
        !variable.?valueFrom.?secretKeyRef.hasValue() || variable.name.matches(${namesOf(environmentOnly)}))`,
      message: "env takes a value from a Secret that could be a file",
    },
  ],
  *check({ spec, path }, _object, settings) {
    const allowed = new RegExp(namesOf(settings["X06-secret-in-env"].environmentOnly));
    for (const [index, { name, valueFrom }] of (spec.env ?? []).entries()) {
      if (!valueFrom?.secretKeyRef || allowed.test(name)) continue;
      yield {
        path: `${path}.env[${index}].valueFrom`,
        message: `env ${name} takes a value from a Secret that could be a file`,
      };
    }
  },
};

/** A pattern of some names, in which `*` stands for any text. */
function namesOf(names: readonly string[]): string {
  return `^(?:${names.map((name) => name.replaceAll(".", "\\.").replaceAll("*", ".*")).join("|")})$`;
}

/** X06: how programs read Secrets. */
export const secretUseRules: readonly Rule[] = [fileMode, inEnvironment];
