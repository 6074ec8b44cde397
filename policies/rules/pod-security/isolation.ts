import { needsServiceAccountToken } from "../../model/annotations.ts";
import { podAnnotations, volumes } from "../../cel/pods.ts";
import { literal } from "../../cel/template.ts";
import { podOf } from "../../model/pod-spec-walker.ts";
import type { ObjectRule, Rule } from "../rule.ts";
import { standard } from "./standard.ts";

/** Names of the service account that every pod of the namespace has which asks for no other. */
const everybodys = ["", "default"];
const ownAccount = `!(variables.pod.?serviceAccountName.orValue("") in ${literal(everybodys)})`;

const serviceAccountToken: ObjectRule = {
  ...standard,
  id: "X01-service-account-token",
  severity: "medium",
  scope: "object",
  title: "Pods set automountServiceAccountToken to false, or say why not",
  rationale: "A mounted token gives an attacker in the pod access to the API server.",
  remediation: [
    "automountServiceAccountToken: false",
    "# or, for a pod that talks to the API server: serviceAccountName, automountServiceAccountToken: true and, on the pod,",
    "# annotations:",
    `#   ${needsServiceAccountToken}: "<reason>"`,
  ].join("\n"),
  sources: {
    cis: ["5.1.6"],
    scanners: ["Trivy KSV-0036", "Checkov CKV_K8S_38", "Polaris automountServiceAccountToken"],
  },
  admission: [
    {
      expression: "has(variables.pod.automountServiceAccountToken)",
      message: "automountServiceAccountToken is not false",
    },
    {
      expression: [
        "!variables.pod.?automountServiceAccountToken.orValue(false)",
        `${ownAccount} && ${podAnnotations}[?"${needsServiceAccountToken}"].orValue("").trim() != ""`,
      ].join(" || "),
      message: "mounts a service account token without its own service account and a reason",
    },
    {
      expression: `${ownAccount} || !${volumes}.exists(volume, volume.?projected.?sources.orValue([]).exists(source, has(source.serviceAccountToken)))`,
      message: "a volume holds a token of the default service account",
    },
  ],
  *check(object) {
    const pod = podOf(object);
    if (pod === undefined) return;
    const mounted = pod.spec.automountServiceAccountToken;
    const path = `${pod.path}.automountServiceAccountToken`;
    const hasOwnAccount = () => !everybodys.includes(pod.spec.serviceAccountName ?? "");
    if (mounted !== true && mounted !== false) {
      yield { path, message: "automountServiceAccountToken is not false" };
    } else if (mounted && (!hasOwnAccount() || !pod.annotations[needsServiceAccountToken]?.trim())) {
      yield { path, message: "mounts a service account token without its own service account and a reason" };
    }
    for (const [index, { name, projected }] of (pod.spec.volumes ?? []).entries()) {
      if (!(projected?.sources ?? []).some(({ serviceAccountToken }) => serviceAccountToken) || hasOwnAccount())
        continue;
      yield {
        path: `${pod.path}.volumes[${index}].projected`,
        message: `volume "${name}" holds a token of the default service account`,
      };
    }
  },
};

const sharedProcesses: ObjectRule = {
  ...standard,
  id: "X01-shared-processes",
  severity: "medium",
  scope: "object",
  title: "Pods set no shareProcessNamespace",
  rationale: "Under /proc each container then reads the environment, files and secrets of the others.",
  remediation: "shareProcessNamespace: false",
  admission: [
    {
      expression: "variables.pod.?shareProcessNamespace.orValue(false) != true",
      message: "shareProcessNamespace is true",
    },
  ],
  *check(object) {
    const pod = podOf(object);
    if (pod?.spec.shareProcessNamespace === true)
      yield { path: `${pod.path}.shareProcessNamespace`, message: "shareProcessNamespace is true" };
  },
};

const hostAliases: ObjectRule = {
  ...standard,
  id: "X01-host-aliases",
  severity: "medium",
  scope: "object",
  title: "Pods set no hostAliases",
  rationale:
    "An alias sends a known name to an address nobody sees from outside the pod, and stays when the address moves.",
  remediation:
    "# without hostAliases; for a fixed address:\napiVersion: v1\nkind: Service\nspec:\n  type: ExternalName\n  externalName: <the real host>",
  sources: { scanners: ["Trivy KSV-0007"] },
  admission: [{ expression: "variables.pod.?hostAliases.orValue([]).size() == 0", message: "has hostAliases" }],
  *check(object) {
    const pod = podOf(object);
    for (const [index, { ip, hostnames }] of (pod?.spec.hostAliases ?? []).entries()) {
      yield {
        path: `${pod?.path}.hostAliases[${index}]`,
        message: `sends ${(hostnames ?? []).join(", ")} to ${ip} by hostAliases`,
      };
    }
  },
};

/** What keeps containers, pods and the API server apart. */
export const isolationRules: readonly Rule[] = [serviceAccountToken, sharedProcesses, hostAliases];
