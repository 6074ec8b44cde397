import test from "ava";
import { keptCluster } from "../../../components/cluster.ts";

test("a stack stays on the cluster that it keeps, under whatever name that has now", (t) => {
  t.deepEqual(keptCluster("dev", { context: "kind-a", uid: "A" }, { context: "kind-a", uid: "A" }), {
    context: "kind-a",
    uid: "A",
  });
  t.deepEqual(keptCluster("dev", { context: "kind-a", uid: "A" }, { context: "renamed", uid: "A" }), {
    context: "renamed",
    uid: "A",
  });
});

test("a preview asks no cluster and goes by the name", (t) => {
  t.deepEqual(keptCluster("dev", { context: "kind-a", uid: "A" }, { context: "kind-a" }), {
    context: "kind-a",
    uid: "A",
  });
});

test("another cluster is refused with both and the way back, also one that was made again under the same name", (t) => {
  const refused = (kept: string, here: string) =>
    `stack dev is on the cluster of context ${kept}, and this is ${here}: nothing was changed. Choose that cluster again, by "kubectl config use-context" or ` +
    '"pulumi config set context". To move the stack, destroy it there first, and remove it by "pulumi stack rm"';
  t.throws(() => keptCluster("dev", { context: "kind-a", uid: "A" }, { context: "kind-b", uid: "B" }), {
    message: refused('"kind-a" (A)', '"kind-b" (B)'),
  });
  t.throws(() => keptCluster("dev", { context: "kind-a", uid: "A" }, { context: "kind-a", uid: "B" }), {
    message: refused('"kind-a" (A)', '"kind-a" (B)'),
  });
});
