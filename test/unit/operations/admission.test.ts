import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { KubeConfig } from "@kubernetes/client-node";
import test, { type ExecutionContext } from "ava";
import { typeWarnings } from "../../../operations/admission.ts";

/** An API server with three policies, of which each look finds as many checked as `checked` says. */
async function checking(t: ExecutionContext, checked: (look: number) => number): Promise<KubeConfig> {
  let look = 0;
  const server = createServer((request, response) => {
    response.setHeader("content-type", "application/json");
    if (!request.url!.includes("validatingadmissionpolicies")) {
      const resource = { name: "validatingadmissionpolicies", kind: "ValidatingAdmissionPolicy", namespaced: false };
      return response.end(
        JSON.stringify({
          kind: "APIResourceList",
          groupVersion: "admissionregistration.k8s.io/v1",
          resources: [resource],
        }),
      );
    }
    const done = checked(look++);
    const items = ["one", "two", "three"].map((name, index) => ({
      metadata: { name, generation: 1 },
      status:
        index < done
          ? {
              observedGeneration: 1,
              typeChecking: {
                expressionWarnings:
                  name === "two" ? [{ fieldRef: "spec.validations[0]", warning: "undefined field" }] : [],
              },
            }
          : {},
    }));
    return response.end(JSON.stringify({ kind: "ValidatingAdmissionPolicyList", items }));
  }).listen(0, "127.0.0.1");
  t.teardown(() => server.close());
  await new Promise((resolve) => server.once("listening", resolve));
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromClusterAndUser(
    { name: "fake", server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, skipTLSVerify: true },
    { name: "nobody" },
  );
  return kubeConfig;
}

test("a type checker that looks at one policy after the other is waited for, however long all of them take", async (t) => {
  const left: number[] = [];
  const slow = await checking(t, (look) => Math.floor(look / 2));
  // Six looks take longer than one may be idle.
  t.deepEqual(await typeWarnings(slow, { interval: 200, idle: 900, progress: (open) => left.push(open) }), [
    "two spec.validations[0]: undefined field",
  ]);
  t.deepEqual(left, [3, 3, 2, 2, 1, 1]);
});

test("a type checker that stands still is named with what it has not looked at", async (t) => {
  const stuck = await checking(t, () => 1);
  await t.throwsAsync(typeWarnings(stuck, { interval: 20, idle: 100 }), {
    message:
      "the API server's type checker has not looked at 2 policies, and at none of them in the last 0.1 s; two is one: see the log of kube-controller-manager",
  });
});
