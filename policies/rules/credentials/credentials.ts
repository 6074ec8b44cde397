import { podAnnotations } from "../../cel/pods.ts";
import { cel } from "../../cel/template.ts";
import type { Cel } from "../../cel/template.ts";
import {
  carriesCredential,
  commandPairs,
  credentialIn,
  credentialName,
  credentialsInCommand,
  isCredential,
  namesCredential,
  notACredential,
  valuedHarmlessly,
} from "../../facts/credential-patterns.ts";
import { credentialsInFile, credentialsInText } from "../../facts/credentials-in-text.ts";
import { commandLine } from "../../cel/data-stores.ts";
import { podKinds, podOf } from "../../model/pod-spec-walker.ts";
import type { ContainerRule, ObjectRule, Rule } from "../rule.ts";

const base = { row: ["X06"], severity: "critical" } as const;

const inEnvironment: ContainerRule = {
  ...base,
  id: "X06-credential-in-env",
  scope: "container",
  kinds: podKinds,
  title: "Environment values contain no credentials",
  rationale: "A plain value is in the manifest, in the state, in Git and in every `kubectl describe`.",
  remediation:
    "env:\n  - name: DB_PASSWORD\n    valueFrom:\n      secretKeyRef: { name: <secret>, key: password }\n# or, better, a mounted file and DB_PASSWORD_FILE",
  sources: { scanners: ["kube-linter env-var-secret", "Polaris sensitiveContainerEnvVar"] },
  admission: [
    {
      expression: cel`container.?env.orValue([]).all(variable, !has(variable.value) || variable.value == ""
        || !(variable.name.matches(${credentialName}) && !variable.value.matches(${notACredential})
          || variable.value.matches(${carriesCredential})))`,
      message: "env holds a credential as a plain value",
    },
  ],
  *check({ spec, path }) {
    for (const [index, { name, value }] of (spec.env ?? []).entries()) {
      if (!value) continue;
      const at = `${path}.env[${index}].value`;
      if (isCredential(name, String(value)))
        yield { path: at, message: `env ${name} holds a credential as a plain value` };
      // Options of a program, or its configuration as one text: an admission policy may not spend what it costs to read
      // all of them so.
      else
        for (const found of credentialsInText(String(value)))
          yield { path: at, textLine: found.line, message: `env ${name} holds a credential (${found.name})` };
    }
  },
};

/** The longest command line that an admission policy reads: patterns cost by length, and a request has a budget. */
const longestLine = 4096;

const inCommand: ContainerRule = {
  ...base,
  id: "X06-credential-in-command",
  scope: "container",
  kinds: podKinds,
  title: "Commands and arguments contain no credentials",
  rationale: "Arguments are in the manifest, and visible to every process of the node.",
  remediation:
    "command: [sh, -c]\nargs: ['exec program --password-file /run/secrets/password']   # mounted from a Secret",
  admission: [
    ...commandPairs.map((pair) => ({
      expression: cel`${commandLine}.size() > ${longestLine} || ${commandLine}.findAll(${pair})
          .all(given, !given.matches(${namesCredential}) || given.matches(${valuedHarmlessly}))`,
      message: "the command line holds a credential",
    })),
    {
      expression: cel`${commandLine}.size() > ${longestLine} || !${commandLine}.matches(${carriesCredential})`,
      message: "the command line carries a credential",
    },
  ],
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
  title: "ConfigMaps contain no credentials",
  rationale: "Everyone who can read configuration can read ConfigMaps, and they are never encrypted.",
  remediation: "apiVersion: v1\nkind: Secret   # the same key under stringData, mounted instead of this ConfigMap",
  sources: { scanners: ["Trivy KSV-0109", "Trivy KSV-01010", "Polaris sensitiveConfigmapContent"] },
  admission: {
    beyondCel: "Reading a file line by line costs more than an admission policy may spend: a ConfigMap may hold 1 MiB.",
  },
  *check(object) {
    const data = (object.manifest["data"] ?? {}) as Readonly<Record<string, string>>;
    for (const key of Object.keys(data)) {
      const value = String(data[key]);
      if (!value.includes("\n") && isCredential(key, value) && credentialsInText(`${key}: ${value}`).length > 0) {
        yield { path: `data["${key}"]`, message: `data "${key}" is a credential` };
        continue;
      }
      for (const { name, line } of credentialsInFile(key, value))
        yield { path: `data["${key}"]`, textLine: line, message: `data "${key}" holds a credential (${name})` };
    }
  },
};

/** What `kubectl apply` keeps is the object itself, which the other rules read. */
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

const clean = (annotations: Cel) => cel`${annotations}.all(key, key == ${lastApplied}
  || ${annotations}[key].size() > ${longestLine} || !${annotations}[key].matches(${carriesCredential}))`;

const inAnnotation: ObjectRule = {
  ...base,
  id: "X06-credential-in-annotation",
  scope: "object",
  kinds: [...podKinds, "Service", "Ingress", "ConfigMap", "Secret"],
  title: "Annotations contain no credentials",
  rationale:
    "Annotations are shown in every listing, copied to every pod and sent to monitoring; those of a Secret can be read by everyone who can list its name.",
  remediation: "metadata:\n  annotations: {}   # the value goes into a Secret, and the annotation names it",
  admission: [
    { expression: clean(cel`object.metadata.?annotations.orValue({})`), message: "an annotation holds a credential" },
    {
      expression: cel`!(object.kind in ${podKinds}) || ${clean(podAnnotations)}`,
      message: "an annotation of the pod holds a credential",
    },
  ],
  *check(object) {
    const pod = podOf(object);
    const template =
      pod === undefined || object.kind === "Pod" ? [] : [["template.metadata", pod.annotations] as const];
    for (const [path, annotations] of [["metadata", object.annotations] as const, ...template]) {
      for (const key of Object.keys(annotations)) {
        const carried = key === lastApplied ? undefined : credentialIn(String(annotations[key]));
        if (carried !== undefined)
          yield { path: `${path}.annotations["${key}"]`, message: `annotation ${key} holds a credential (${carried})` };
      }
    }
  },
};

/** X06: credentials are generated or sealed, and mounted. */
export const credentialRules: readonly Rule[] = [inEnvironment, inCommand, inConfigMap, inAnnotation];
