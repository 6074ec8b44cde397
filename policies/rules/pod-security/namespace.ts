import { cel } from "../../cel/template.ts";
import type { ObjectRule } from "../rule.ts";
import { standard } from "./standard.ts";

const label = (name: string) => `pod-security.kubernetes.io/${name}`;
const celLabel = (name: string) => cel`object.metadata.?labels[?${label(name)}]`;

/** Modes that only tell: less than what is enforced tells nothing. */
const telling = ["warn", "audit"] as const;

/** X01: namespaces let the API server enforce the standard. */
export const namespaceStandard: ObjectRule = {
  ...standard,
  id: "X01-namespace-pod-security",
  scope: "object",
  kinds: ["Namespace"],
  title: "Namespaces have the label that enforces Pod Security restricted",
  rationale: "The label makes the API server refuse what reaches it past this stack.",
  remediation: [
    "metadata:",
    "  labels:",
    `    ${label("enforce")}: restricted`,
    `    ${label("warn")}: restricted   # says so where a Deployment is applied`,
  ].join("\n"),
  sources: { cis: ["5.2.1"] },
  admission: ({ "X01-namespace-pod-security": { minimumMinor } }) => [
    {
      expression: `${celLabel("enforce")}.orValue("") == "restricted"`,
      message: `${label("enforce")} is not restricted`,
    },
    {
      expression: cel`[${celLabel("enforce-version")}.orValue("latest")].all(version, version == "latest"
        || version.matches("^v1[.][0-9]+$") && int(version.find("[0-9]+$")) >= ${minimumMinor})`,
      message: `${label("enforce-version")} is neither latest nor at least v1.${minimumMinor}`,
    },
    ...telling.map((mode) => ({
      expression: `${celLabel(mode)}.orValue("restricted") == "restricted"`,
      message: `${label(mode)} is less than restricted`,
    })),
  ],
  *check(object, settings) {
    const at = (name: string) => ({ path: `metadata.labels["${label(name)}"]` });
    const enforced = object.labels[label("enforce")];
    if (enforced !== "restricted")
      yield { ...at("enforce"), message: `${label("enforce")} is ${enforced ?? "missing"}, must be restricted` };
    const version = object.labels[label("enforce-version")] ?? "latest";
    const { minimumMinor } = settings["X01-namespace-pod-security"];
    if (version !== "latest" && !(Number(/^v1\.(\d+)$/.exec(version)?.[1]) >= minimumMinor)) {
      yield {
        ...at("enforce-version"),
        message: `${label("enforce-version")} is ${version}, must be latest or at least v1.${minimumMinor}`,
      };
    }
    for (const mode of telling) {
      const told = object.labels[label(mode)] ?? "restricted";
      if (told !== "restricted")
        yield { ...at(mode), message: `${label(mode)} is ${told}, less than what is enforced` };
    }
  },
};
