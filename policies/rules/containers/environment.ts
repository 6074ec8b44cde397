import { podKinds } from "../../model/pod-spec-walker.ts";
import type { ContainerRule, Rule } from "../rule.ts";

const wholeSecret: ContainerRule = {
  id: "X06-whole-secret-in-env",
  scope: "container",
  kinds: podKinds,
  row: ["X06"],
  severity: "high",
  title: "Containers do not use envFrom with a Secret",
  rationale:
    "Every key, those of tomorrow too, reaches each child process and each crash dump, and may replace PATH or a proxy's address.",
  remediation:
    "volumeMounts:\n  - name: credentials\n    mountPath: /run/secrets/app\n    readOnly: true\n# or, for one value: env with valueFrom.secretKeyRef",
  sources: { cis: ["5.4.1"], scanners: ["kube-linter read-secret-from-env-var", "Checkov CKV_K8S_35"] },
  admission: [
    {
      expression: "container.?envFrom.orValue([]).all(source, !has(source.secretRef))",
      message: "envFrom takes a whole Secret into the environment",
    },
  ],
  *check({ spec, path }) {
    for (const [index, { secretRef }] of (spec.envFrom ?? []).entries()) {
      if (secretRef)
        yield {
          path: `${path}.envFrom[${index}].secretRef`,
          message: `envFrom takes every key of Secret ${secretRef.name ?? "(unnamed)"} into the environment`,
        };
    }
  },
};

/** X06: what the environment of containers is made of. */
export const environmentRules: readonly Rule[] = [wholeSecret];
