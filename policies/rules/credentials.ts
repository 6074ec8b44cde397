import { credentialsInCommand, credentialsInFile, isCredential } from "../credential-patterns.ts";
import { podKinds } from "../pod-spec-walker.ts";
import type { ContainerRule, ObjectRule, Rule } from "../rule.ts";

const base = { row: ["X06"], severity: "critical" } as const;

const inEnvironment: ContainerRule = {
  ...base,
  id: "X06-credential-in-env",
  scope: "container",
  kinds: podKinds,
  title: "Environment values hold no credentials",
  rationale: "A plain value is in the manifest, in the state, in Git and in every `kubectl describe`.",
  remediation: "env:\n  - name: DB_PASSWORD\n    valueFrom:\n      secretKeyRef: { name: <secret>, key: password }\n# or, better, a mounted file and DB_PASSWORD_FILE",
  *check({ spec, path }) {
    for (const [index, { name, value }] of (spec.env ?? []).entries()) {
      if (value && isCredential(name, String(value))) {
        yield { path: `${path}.env[${index}].value`, message: `env ${name} holds a credential as a plain value` };
      }
    }
  },
};

const inCommand: ContainerRule = {
  ...base,
  id: "X06-credential-in-command",
  scope: "container",
  kinds: podKinds,
  title: "Commands and arguments hold no credentials",
  rationale: "Arguments are in the manifest, and visible to every process of the node.",
  remediation: "command: [sh, -c]\nargs: ['exec program --password-file /run/secrets/password']   # mounted from a Secret",
  *check({ spec, path }) {
    for (const field of ["command", "args"] as const) {
      for (const name of credentialsInCommand(spec[field] ?? [])) {
        yield { path: `${path}.${field}`, message: `${field} holds a credential (${name})` };
      }
    }
  },
};

const inConfigMap: ObjectRule = {
  ...base,
  id: "X06-credential-in-config-map",
  scope: "object",
  kinds: ["ConfigMap"],
  title: "ConfigMaps hold no credentials",
  rationale: "ConfigMaps are readable by whoever may read configuration, and are never encrypted.",
  remediation: "apiVersion: v1\nkind: Secret   # the same key under stringData, mounted instead of this ConfigMap",
  *check(object) {
    const data = (object.manifest["data"] ?? {}) as Readonly<Record<string, string>>;
    for (const key of Object.keys(data)) {
      const value = String(data[key]);
      const names = !value.includes("\n") && isCredential(key, value) ? [key] : credentialsInFile(key, value);
      for (const name of names) {
        yield { path: `data["${key}"]`, message: name === key ? `data "${key}" is a credential` : `data "${key}" holds a credential (${name})` };
      }
    }
  },
};

/** X06: credentials are generated or sealed, and mounted. */
export const credentialRules: readonly Rule[] = [inEnvironment, inCommand, inConfigMap];
