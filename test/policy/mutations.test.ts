import test from "ava";
import { changed, judged } from "./fixtures/fixture.ts";
import type { Edit } from "./fixtures/fixture.ts";
import type { ObjectName } from "./fixtures/good.ts";

const ofContainer = [
  "image", "securityContext", "securityContext.allowPrivilegeEscalation", "securityContext.readOnlyRootFilesystem",
  "securityContext.capabilities", "securityContext.capabilities.drop", "resources", "resources.requests", "resources.limits",
  "resources.requests.cpu", "resources.requests.memory", "resources.limits.cpu", "resources.limits.memory", 'resources.limits["ephemeral-storage"]',
];
const ofServer = [...ofContainer, "startupProbe", "readinessProbe", "livenessProbe", "livenessProbe.timeoutSeconds"];
const ofPod = ["automountServiceAccountToken", "terminationGracePeriodSeconds", "securityContext", "securityContext.runAsNonRoot", "securityContext.seccompProfile"];
const under = (prefix: string, fields: readonly string[]) => fields.map((field) => `${prefix}.${field}`);

const pod = "spec.template.spec";
const backupPod = "spec.jobTemplate.spec.template.spec";
const protective: readonly (readonly [ObjectName, readonly string[]])[] = [
  ["api", [...under(pod, [...ofPod, "topologySpreadConstraints"]), ...under(`${pod}.containers[0]`, ofServer),
    ...under(`${pod}.initContainers[0]`, ofContainer), ...under(`${pod}.initContainers[1]`, ofServer)]],
  ["gateway", [...under(pod, [...ofPod, "affinity"]), ...under(`${pod}.containers[0]`, ofServer)]],
  ["postgres", [...under(pod, ofPod), ...under(`${pod}.containers[0]`, [...ofServer, "livenessProbe.initialDelaySeconds", "livenessProbe.periodSeconds", "livenessProbe.failureThreshold", "startupProbe.failureThreshold"])]],
  ["cache", [...under(pod, ofPod), ...under(`${pod}.containers[0]`, [...ofServer, "args"])]],
  ["backup", [...under("spec", ["timeZone", "concurrencyPolicy", "successfulJobsHistoryLimit", "failedJobsHistoryLimit"]),
    ...under("spec.jobTemplate.spec", ["activeDeadlineSeconds", "backoffLimit"]), "metadata.labels",
    ...under(backupPod, [...ofPod, "restartPolicy", "containers"]), ...under(`${backupPod}.containers[0]`, ofContainer), ...under(`${backupPod}.initContainers[0]`, ofContainer)]],
  ["namespace", ["metadata.labels"]],
  ["defaultDeny", ["", "spec.policyTypes"]], ["apiFlows", [""]], ["apiBudget", ["", "spec.selector"]], ["quota", [""]], ["limitRange", [""]],
];

for (const [object, fields] of protective) {
  test(`each of ${fields.length} protective fields of ${object} is missed when it is deleted`, (t) => {
    const before = JSON.stringify(changed([]));
    for (const field of fields) {
      const edit: Edit = [object, field, undefined];
      t.not(JSON.stringify(changed([edit])), before, `${field} exists`);
      t.true(judged([edit]).findings.length > 0, field);
    }
  });
}
