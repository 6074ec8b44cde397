/**
 * What an update leaves as a claim has it. Pulumi would delete a claim whose storage class is not named any more, with
 * what is on it, and make it again.
 */
export const keptOfClaims: readonly string[] = ["spec.storageClassName"];
