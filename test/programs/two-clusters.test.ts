import test from "ava";
import { fakeCluster, place } from "./support/two-clusters.ts";

const stacks = { first: "kind-first", second: "kind-second" };

/** Two clusters, each known to a kubeconfig of its own, and a checkout with a stack for each. */
async function two(t: Parameters<typeof place>[0]) {
  const [first, second] = [await fakeCluster(t, "kind-first", "uid-first"), await fakeCluster(t, "kind-second", "uid-second")];
  const here = place(t, stacks);
  const on = { first, second };
  const command = (script: "up" | "down", stack: keyof typeof on, more: readonly string[] = [], variables = {}) => here.run(script, ["--stack", stack, ...more], { KUBECONFIG: on[stack].kubeconfig, ...variables });
  return { first, second, here, command };
}

test("each stack goes down on the cluster that it was brought up on, whichever came up last and whatever the kubeconfig names now", async (t) => {
  const { first, second, here, command } = await two(t);
  for (const stack of ["first", "second"] as const) {
    const { code, said } = await command("up", stack);
    t.is(code, 0, said);
  }
  t.deepEqual([first.changes, second.changes], [["POST /objects/first"], ["POST /objects/second"]]);
  // The kubeconfig of the other cluster is at hand, and the last update went to it.
  const { code, said } = await here.run("down", ["--stack", "first", "--purge"], { KUBECONFIG: second.kubeconfig });
  t.is(code, 0, said);
  t.regex(said, /stack first is gone from kind-first, with its volumes, passwords and copies/);
  t.deepEqual([first.changes, second.changes], [["POST /objects/first", "DELETE /objects/first"], ["POST /objects/second"]]);
  t.deepEqual([here.resources("first"), here.resources("second")], [[], ["second", "cluster", "cluster", "password", "api"]]);
});

test("a cluster that was made again under the same name is left alone by every command, and so is the engine's record", async (t) => {
  const { first, here, command } = await two(t);
  t.is((await command("up", "first")).code, 0);
  here.engine();
  first.become("uid-other");
  for (const [script, more] of [["up", []], ["down", []], ["down", ["--purge"]]] as const) {
    const { code, said } = await command(script, "first", more);
    t.is(code, 1, said);
    t.true(said.includes('stack first is on the cluster uid-first, and another one answers to its context "kind-first" now: uid-other. Nothing was changed.'), said);
    t.true(said.includes('If uid-first is gone for good, forget the stack: npm run down -- --stack first --purge --gone uid-first'), said);
  }
  t.deepEqual([first.changes, here.engine(), here.resources("first")], [["POST /objects/first"], [], ["first", "cluster", "cluster", "password", "api"]]);
});

test("a stack of which objects are left is never forgotten, and they are counted and named", async (t) => {
  const { here, command } = await two(t);
  t.is((await command("up", "first")).code, 0);
  const { code, said } = await command("down", "first", ["--purge"], { FAKE_PULUMI: "leaves objects" });
  t.is(code, 1, said);
  t.regex(said, /the engine's record of stack first still has 4 resources: Stash cluster, kubernetes provider cluster, Secret password, Deployment api\. It is kept: run the command again once they can be removed/);
  t.deepEqual(here.engine().filter((call) => call.startsWith("stack rm")), []);
  t.is(here.resources("first").length, 5);
});
