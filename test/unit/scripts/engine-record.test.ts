import test from "ava";
import { declaredIn, recordOf } from "../../../scripts/support/engine-record.ts";

const resource = (type: string, name: string, more: object = {}) => ({
  urn: `urn:pulumi:dev::production-platform::${type}::${name}`,
  type,
  ...more,
});
const stack = resource("pulumi:pulumi:Stack", "production-platform-dev");
const provider = (context: string, more: object = {}) =>
  resource("pulumi:providers:kubernetes", "cluster", { inputs: { context, ...more } });
const kept = (output: object) => resource("pulumi:index:Stash", "cluster", { outputs: { output } });

test("the engine's record names what exists and the cluster it is on", (t) => {
  t.deepEqual(
    recordOf([
      stack,
      kept({ context: "kind-a", uid: "A" }),
      provider("kind-a"),
      resource("kubernetes:apps/v1:Deployment", "api"),
    ]),
    {
      resources: ["Stash cluster", "kubernetes provider cluster", "Deployment api"],
      cluster: { context: "kind-a", uid: "A" },
    },
  );
});

test("the provider's context is the newest name of the cluster, and stands alone where no identity was kept", (t) => {
  t.deepEqual(recordOf([kept({ context: "kind-old-name", uid: "A" }), provider("kind-a")]).cluster, {
    context: "kind-a",
    uid: "A",
  });
  t.deepEqual(recordOf([stack, provider("kind-a")]).cluster, { context: "kind-a" });
});

test("the kubeconfig that a destroy would read is known", (t) => {
  t.deepEqual(recordOf([stack, provider("kind-a", { kubeconfig: "/home/me/shop/.state/stacks/dev/kubeconfig" })]), {
    resources: ["kubernetes provider cluster"],
    cluster: { context: "kind-a" },
    kubeconfig: "/home/me/shop/.state/stacks/dev/kubeconfig",
  });
});

test("a stack that was selected and never updated has neither, and the stack itself is no resource", (t) => {
  t.deepEqual([recordOf([]), recordOf([stack])], [{ resources: [] }, { resources: [] }]);
});

test("what a program declares is told from components, providers, notes and old versions that are about to go", (t) => {
  const custom = (type: string, more: object = {}) => resource(type, "x", { custom: true, ...more });
  const [service, password] = [
    custom("kubernetes:core/v1:Service"),
    custom("random:index/randomPassword:RandomPassword", { delete: false }),
  ];
  t.deepEqual(
    declaredIn([
      stack,
      resource("platform:workload:Workload", "x"),
      custom("pulumi:providers:kubernetes"),
      custom("pulumi:index:Stash"),
      service,
      custom("kubernetes:core/v1:ConfigMap", { delete: true }),
      password,
    ]),
    [service, password],
  );
});
