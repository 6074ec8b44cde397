import { cel } from "../../cel/template.ts";
import { credentialName } from "../../facts/credential-patterns.ts";
import { longRunningKinds } from "../../model/pod-spec-walker.ts";
import type { ContainerRule, ObjectRule, Rule } from "../rule.ts";
import { secretUseRules } from "./secret-use.ts";

const base = { row: ["X06"], severity: "high" } as const;

/** What stands in a template until somebody writes the real value. */
const placeholder = new RegExp(
  `^(?:${[
    "change[-_ ]?(?:me|it|this)\\b.*",
    "changeme.*",
    "replace[-_ ]?(?:me|this|with)\\b.*",
    "replace_.*",
    "place-?holder",
    "to-?do",
    "tbd",
    "fix-?me",
    "x{3,}",
    "\\*{3,}",
    "<[^>]*>",
    "your[-_ ].*",
    "insert[-_ ].*",
    "dummy",
  ].join("|")})$`,
  "i",
);

/** What everybody tries first. */
const guessable = new RegExp(
  `^(?:${[
    "(?:my)?(?:secret|password|passwd|passw0rd|p@ssw0rd)\\d*!?",
    "admin\\d*",
    "root",
    "user",
    "postgres",
    "mysql",
    "redis",
    "grafana",
    "test\\d*",
    "example",
    "default",
    "guest",
    "12345\\d*",
    "qwerty\\d*",
    "letmein",
    "foobared",
  ].join("|")})$`,
  "i",
);

/** Longer ones are neither. */
const longest = 64;

const secretValue: ObjectRule = {
  ...base,
  id: "X06-placeholder-credential",
  scope: "object",
  kinds: ["Secret"],
  row: ["X06", "B20"],
  severity: "critical",
  title: "Secrets contain no placeholders and no well-known passwords",
  rationale: "A password that came with the example is the first that is tried, and it works for years.",
  remediation:
    "# generate it where the Secret is made, for example with @pulumi/random's RandomPassword:\nstringData:\n  password: <32 random characters>",
  admission: {
    beyondCel:
      "There a Secret's values are base64, and one that is no text when it is decoded would refuse the request.",
  },
  *check(object) {
    for (const [field, read] of [
      ["data", (value: string) => Buffer.from(value, "base64").toString()],
      ["stringData", String],
    ] as const) {
      const values = (object.manifest[field] ?? {}) as Readonly<Record<string, string>>;
      for (const key of Object.keys(values)) {
        const written = String(values[key] ?? "");
        const value = written.length > 2 * longest ? "" : read(written).trim();
        const path = `${field}["${key}"]`;
        if (placeholder.test(value)) yield { path, message: `${field} "${key}" is a placeholder, not a value` };
        else if (credentialName.test(key) && guessable.test(value))
          yield { path, message: `${field} "${key}" is a password that everybody tries first` };
      }
    }
  },
};

/** What kubeseal writes: much longer than any password, and nothing but base64. */
const sealed = "^[A-Za-z0-9+/]{100,}={0,2}$";

const sealedValue: ObjectRule = {
  ...base,
  id: "B16-sealed-value",
  scope: "object",
  kinds: ["SealedSecret"],
  row: ["B16", "X06"],
  title: "SealedSecrets contain the output of kubeseal",
  rationale:
    "A placeholder is never decrypted, and the program waits for its Secret; a plain value is in Git for ever.",
  remediation:
    "# kubeseal --raw --namespace <namespace> --name <name> < value\nspec:\n  encryptedData:\n    api-key: AgB…",
  admission: [
    {
      expression: cel`object.spec.?encryptedData.orValue({}).all(key, object.spec.encryptedData[key].matches(${sealed}))`,
      message: "encryptedData holds a value that kubeseal did not write",
    },
  ],
  *check(object) {
    const { encryptedData = {} } = (object.manifest["spec"] ?? {}) as {
      encryptedData?: Readonly<Record<string, string>>;
    };
    for (const key of Object.keys(encryptedData)) {
      if (new RegExp(sealed).test(String(encryptedData[key]))) continue;
      yield { path: `spec.encryptedData["${key}"]`, message: `encryptedData "${key}" is not what kubeseal writes` };
    }
  },
};

/** Variables that give Grafana a password of its own, or no administrator at all. */
const grafanaPassword = [
  "GF_SECURITY_ADMIN_PASSWORD",
  "GF_SECURITY_ADMIN_PASSWORD__FILE",
  "GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION",
];
const grafanaImage = "(?:^|/)grafana(?:-oss|-enterprise)?(?::[^/@]*)?(?:@|$)";
const isGrafana = new RegExp(grafanaImage);
const grafanaFolder = "/etc/grafana";

const grafana: ContainerRule = {
  ...base,
  id: "T05-grafana-admin",
  scope: "container",
  kinds: longRunningKinds,
  row: ["T05", "X06"],
  title: "Grafana does not keep its default admin password",
  rationale:
    "Without one it is admin, admin: anyone who opens the page can read every dashboard and the address of every data source.",
  remediation:
    "env:\n  - name: GF_SECURITY_ADMIN_PASSWORD__FILE\n    value: /credentials/grafana/password   # mounted from a Secret",
  admission: [
    {
      expression: cel`!container.?image.orValue("").matches(${grafanaImage})
        || container.?env.orValue([]).exists(variable, variable.name in ${grafanaPassword})
        || container.?envFrom.orValue([]).size() > 0
        || container.?volumeMounts.orValue([]).exists(mount, mount.mountPath.startsWith(${grafanaFolder}))`,
      message: "Grafana's administrator has the password that everybody knows",
    },
  ],
  *check({ spec, path }) {
    if (!isGrafana.test(spec.image ?? "")) return;
    const inFile = (spec.volumeMounts ?? []).some(({ mountPath }) => mountPath.startsWith(grafanaFolder));
    if (
      inFile ||
      (spec.envFrom ?? []).length > 0 ||
      (spec.env ?? []).some(({ name }) => grafanaPassword.includes(name))
    )
      return;
    yield {
      path: `${path}.env`,
      message: "Grafana's administrator has the password that everybody knows: no GF_SECURITY_ADMIN_PASSWORD__FILE",
    };
  },
};

/** X06, B16, T05: what Secrets hold, and how programs read them. */
export const secretRules: readonly Rule[] = [secretValue, sealedValue, grafana, ...secretUseRules];
