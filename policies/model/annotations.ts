/** Annotations by which an object speaks to the policies. */

/** On a pod: why it needs its service account's token, as one sentence (X01). */
export const needsServiceAccountToken = "production-platform/needs-service-account-token";
/** On a Service: why it is reachable from outside, or stands for a name outside, the cluster (X05). */
export const needsOutsideAddress = "production-platform/needs-outside-address";
/** On a Deployment: why all of its pods stop before new ones start (X04). */
export const needsRecreate = "production-platform/needs-recreate";
/** On a PersistentVolumeClaim of one node: what keeps all pods that share it on that node (X07). */
export const sharedOnOneNode = "production-platform/shared-on-one-node";
export { exceptionPrefix } from "../../components/workload/labels.ts";
