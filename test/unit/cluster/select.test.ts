import test from "ava";
import { choose, type Machine } from "../../../cluster/select.ts";

/** A machine with these contexts, of which those in `running` answer; records which were asked. */
function machine(parts: {
  contexts?: string[];
  running?: string[];
  current?: string;
  creator?: "k3d" | "kind";
  made?: boolean;
  kubeconfig?: string | null;
}) {
  const asked: string[] = [];
  let creatorAsked = false;
  const it: Machine = {
    kubeconfig: parts.kubeconfig === null ? undefined : (parts.kubeconfig ?? "/home/me/.kube/config"),
    contexts: parts.contexts ?? [],
    current: parts.current,
    answers: async (context) => {
      asked.push(context);
      return parts.running?.includes(context) ?? false;
    },
    creator: async () => {
      creatorAsked = true;
      return parts.creator;
    },
    made: async () => parts.made ?? false,
  };
  return { it, asked, creatorAsked: () => creatorAsked };
}

test("a context that the stack names is used when it answers, whatever kind it is", async (t) => {
  for (const context of ["production", "k3d-bgc", "kind-techbra-ecommerce"]) {
    const { it, asked } = machine({
      contexts: ["kind-other", context],
      running: ["kind-other", context],
      current: "kind-other",
      creator: "k3d",
    });
    t.deepEqual(await choose(context, it), {
      use: context,
      kind: "named",
      reason: "the stack's configuration names it",
    });
    t.deepEqual(asked, [context]);
  }
});

test("the local cluster can be named and is started, though no kubeconfig knows it", async (t) => {
  const { it, asked, creatorAsked } = machine({
    contexts: ["k3d-bgc"],
    running: ["k3d-bgc"],
    current: "k3d-bgc",
    creator: "kind",
  });
  t.deepEqual(await choose("local-platform", it), {
    create: "local",
    reason: "the stack's configuration names the local cluster",
  });
  t.deepEqual(asked, []);
  t.false(creatorAsked());
});

test("a named context that the kubeconfig does not have is refused with those it has", async (t) => {
  const { it, asked, creatorAsked } = machine({
    contexts: ["kind-a", "staging"],
    running: ["kind-a"],
    current: "kind-a",
    creator: "k3d",
  });
  await t.throwsAsync(choose("production", it), {
    message:
      'the stack names the context "production", and the kubeconfig /home/me/.kube/config has only: kind-a, staging',
  });
  t.deepEqual(asked, []);
  t.false(creatorAsked());
});

test("a named context is refused where there is no kubeconfig at all", async (t) => {
  await t.throwsAsync(choose("production", machine({ kubeconfig: null }).it), {
    message: 'the stack names the context "production", and the kubeconfig (there is none) has only: none',
  });
});

test("a named context that does not answer is refused, and no other takes its place", async (t) => {
  const { it, asked, creatorAsked } = machine({
    contexts: ["kind-a", "k3d-bgc"],
    running: ["kind-a"],
    current: "kind-a",
    creator: "k3d",
  });
  await t.throwsAsync(choose("k3d-bgc", it), {
    message:
      'the stack names the context "k3d-bgc", and its API server does not answer: start the cluster, or name another with "pulumi config set context NAME"',
  });
  t.deepEqual(asked, ["k3d-bgc"]);
  t.false(creatorAsked());
});

test("a running k3d or kind cluster is used, the current one first", async (t) => {
  const contexts = ["k3d-a", "production", "kind-b", "k3d-c"];
  const first = machine({ contexts, running: contexts, current: "kind-b", creator: "k3d" });
  t.deepEqual(await choose(undefined, first.it), {
    use: "kind-b",
    kind: "kind",
    reason: "it is a running local cluster of yours",
  });
  t.deepEqual(first.asked, ["kind-b"]);
  t.false(first.creatorAsked());
  const noCurrent = machine({ contexts, running: contexts });
  t.deepEqual(await choose(undefined, noCurrent.it), {
    use: "k3d-a",
    kind: "k3d",
    reason: "it is a running local cluster of yours",
  });
});

test("a stopped cluster is passed over for the next one that runs", async (t) => {
  const { it, asked } = machine({ contexts: ["k3d-a", "kind-b", "k3d-c"], running: ["k3d-c"], current: "kind-b" });
  t.deepEqual(await choose(undefined, it), {
    use: "k3d-c",
    kind: "k3d",
    reason: "it is a running local cluster of yours",
  });
  t.deepEqual(asked, ["kind-b", "k3d-a", "k3d-c"]);
});

test("a local cluster is used beside a foreign current context, which is not even asked", async (t) => {
  const { it, asked } = machine({
    contexts: ["production", "kind-b"],
    running: ["production", "kind-b"],
    current: "production",
  });
  t.deepEqual(await choose(undefined, it), {
    use: "kind-b",
    kind: "kind",
    reason: "it is a running local cluster of yours",
  });
  t.deepEqual(asked, ["kind-b"]);
});

test("where Docker answers, k3d or kind makes a cluster when none of theirs runs", async (t) => {
  t.deepEqual(await choose(undefined, machine({ creator: "k3d" }).it), {
    create: "k3d",
    reason: "Docker answers and k3d is installed.",
  });
  const stopped = machine({ contexts: ["kind-a"], current: "kind-a", creator: "kind" });
  t.deepEqual(await choose(undefined, stopped.it), { create: "kind", reason: "Docker answers and kind is installed." });
  t.deepEqual(stopped.asked, ["kind-a"]);
});

test("a cluster that k3d or kind made before is started again, and no second one is made", async (t) => {
  for (const creator of ["k3d", "kind"] as const) {
    const { it } = machine({ contexts: [`${creator}-platform`], current: "production", creator, made: true });
    t.deepEqual(await choose(undefined, it), {
      start: creator,
      reason: `the ${creator} cluster "platform" is there and does not answer. The current context "production" is not touched: name it with "pulumi config set context production" if it is meant.`,
    });
  }
});

test("with nothing at hand the local cluster is made", async (t) => {
  t.deepEqual(await choose(undefined, machine({ kubeconfig: null }).it), {
    create: "local",
    reason: "there is no k3d or kind cluster, and no Docker engine to make one with.",
  });
});

test("a current context of another kind is never taken unasked, and the reason says so", async (t) => {
  const notTouched =
    'The current context "arn:aws:eks:prod" is not touched: name it with "pulumi config set context arn:aws:eks:prod" if it is meant.';
  const parts = {
    contexts: ["arn:aws:eks:prod", "my-kind-cluster", "xk3d-a"],
    running: ["arn:aws:eks:prod", "my-kind-cluster", "xk3d-a"],
    current: "arn:aws:eks:prod",
  };
  const alone = machine(parts);
  t.deepEqual(await choose(undefined, alone.it), {
    create: "local",
    reason: `there is no k3d or kind cluster, and no Docker engine to make one with. ${notTouched}`,
  });
  t.deepEqual(alone.asked, []);
  const withDocker = machine({ ...parts, creator: "kind" });
  t.deepEqual(await choose(undefined, withDocker.it), {
    create: "kind",
    reason: `Docker answers and kind is installed. ${notTouched}`,
  });
  t.deepEqual(withDocker.asked, []);
});
