import test from "ava";
import { deserializeOnceAResource, type PolicySdk } from "../../policies/once-a-resource.ts";

test("what the engine sent is made into properties once, and anew for remediations and for another resource", (t) => {
  const calls: [object, boolean][] = [];
  const sdk: PolicySdk = { deserializeProperties: (sent, proxySecrets) => (calls.push([sent, proxySecrets]), { ...sent }) };
  deserializeOnceAResource(sdk);
  const [one, other] = [{ kind: "Pod" }, { kind: "Pod" }];
  const first = sdk.deserializeProperties(one, false);
  t.deepEqual(first, { kind: "Pod" });
  t.is(sdk.deserializeProperties(one, false), first);
  t.not(sdk.deserializeProperties(other, false), first);
  t.not(sdk.deserializeProperties(one, true), first);
  t.not(sdk.deserializeProperties(one, true), sdk.deserializeProperties(one, true));
  t.deepEqual(calls, [[one, false], [other, false], [one, true], [one, true], [one, true]]);
});

test("another SDK than the pinned one is named, and what to do", (t) => {
  t.throws(() => deserializeOnceAResource({} as PolicySdk), { message: /^@pulumi\/policy has no deserializeProperties any more: remove policies\/once-a-resource\.ts/ });
});
