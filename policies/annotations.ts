/** Annotations by which an object speaks to the policies. */

/** On a pod: why it needs its service account's token, as one sentence (X01). */
export const needsServiceAccountToken = "production-platform/needs-service-account-token";
/** On any object, followed by a rule's id: `reason; until=YYYY-MM-DD` (X09). */
export const exceptionPrefix = "production-platform/exception.";
