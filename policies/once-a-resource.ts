/** The part of `@pulumi/policy` that makes a resource's properties from what the engine sent. */
export interface PolicySdk {
  deserializeProperties: (sent: object, proxySecrets: boolean) => unknown;
}

/**
 * Lets the SDK make a resource's properties once and not once a policy: with more than a hundred policies that is a third of what a policy
 * pack costs a preview. Policies only read them. Throws where the SDK is made otherwise than the pinned one.
 */
export function deserializeOnceAResource(sdk: PolicySdk): void {
  const { deserializeProperties } = sdk;
  if (typeof deserializeProperties !== "function") throw new Error("@pulumi/policy has no deserializeProperties any more: remove policies/once-a-resource.ts, or fit it to the new version");
  const made = new WeakMap<object, unknown>();
  sdk.deserializeProperties = (sent, proxySecrets) => {
    if (proxySecrets) return deserializeProperties(sent, proxySecrets); // for remediations, which change what they get
    if (!made.has(sent)) made.set(sent, deserializeProperties(sent, proxySecrets));
    return made.get(sent);
  };
}
