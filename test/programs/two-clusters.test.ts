import { existsSync, mkdtempSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import test from "ava";
import { parse } from "yaml";
import { fakeCluster, place } from "./support/two-clusters.ts";

const stacks = { first: "kind-first", second: "kind-second" };

/** Two clusters, each known to a kubeconfig of its own, and a checkout with a stack for each. */
async function two(t: Parameters<typeof place>[0]) {
  const [first, second] = [
    await fakeCluster(t, "kind-first", "uid-first"),
    await fakeCluster(t, "kind-second", "uid-second"),
  ];
  const here = place(t, stacks);
  const on = { first, second };
  const command = (script: "up" | "down", stack: keyof typeof on, more: readonly string[] = [], variables = {}) =>
    here.run(script, ["--stack", stack, ...more], { KUBECONFIG: on[stack].kubeconfig, ...variables });
  return { first, second, here, command };
}

test.serial(
  "each stack goes down on the cluster that it was brought up on, whichever came up last and whatever the kubeconfig names now",
  async (t) => {
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
    t.deepEqual(
      [first.changes, second.changes],
      [["POST /objects/first", "DELETE /objects/first"], ["POST /objects/second"]],
    );
    t.deepEqual(
      [here.resources("first"), here.resources("second")],
      [[], ["second", "cluster", "cluster", "password", "api"]],
    );
  },
);

test.serial(
  "a cluster that was made again under the same name is left alone by every command, and so is the engine's record",
  async (t) => {
    const { first, here, command } = await two(t);
    t.is((await command("up", "first")).code, 0);
    here.engine();
    first.become("uid-other");
    for (const [script, more] of [
      ["up", []],
      ["down", []],
      ["down", ["--purge"]],
    ] as const) {
      const { code, said } = await command(script, "first", more);
      t.is(code, 1, said);
      t.true(
        said.includes(
          'stack first is on the cluster uid-first, and another one answers to its context "kind-first" now: uid-other. Nothing was changed.',
        ),
        said,
      );
      t.true(
        said.includes(
          "If uid-first is gone for good, forget the stack: npm run down -- --stack first --purge --gone uid-first",
        ),
        said,
      );
    }
    t.deepEqual(
      [first.changes, here.engine(), here.resources("first")],
      [["POST /objects/first"], [], ["first", "cluster", "cluster", "password", "api"]],
    );
  },
);

test.serial("a stack of which objects are left is never forgotten, and they are counted and named", async (t) => {
  const { here, command } = await two(t);
  t.is((await command("up", "first")).code, 0);
  const { code, said } = await command("down", "first", ["--purge"], { FAKE_PULUMI: "leaves objects" });
  t.is(code, 1, said);
  t.regex(
    said,
    /the engine's record of stack first still has 4 resources: Stash cluster, kubernetes provider cluster, Secret password, Deployment api\. It is kept: run the command again once they can be removed/,
  );
  t.deepEqual(
    here.engine().filter((call) => call.startsWith("stack rm")),
    [],
  );
  t.is(here.resources("first").length, 5);
});

/** Who does what, one after another: every verb follows every other one, of the same stack and of the other. */
const walk: readonly (readonly [who: 0 | 1, verb: "up" | "down" | "down --purge"])[] = [
  [0, "down"],
  [1, "up"],
  [0, "up"],
  [1, "down"],
  [0, "down --purge"],
  [1, "up"],
  [0, "up"],
  [0, "down"],
  [1, "down --purge"],
  [0, "up"],
  [1, "down"],
  [0, "down --purge"],
  [1, "up"],
  [1, "down --purge"],
];

test.serial(
  "two checkouts bring their stacks up and down in every order, and neither touches the other's cluster or record",
  async (t) => {
    const clusters = [
      await fakeCluster(t, "kind-first", "uid-first"),
      await fakeCluster(t, "kind-second", "uid-second"),
    ] as const;
    const checkouts = [place(t, { shop: "kind-first" }), place(t, { shop: "kind-second" })] as const;
    for (const [step, [who, verb]] of walk.entries()) {
      const other = who === 0 ? 1 : 0;
      const title = `step ${step + 1}: ${verb} by checkout ${who + 1}`;
      const before = {
        own: clusters[who].changes.length,
        other: [...clusters[other].changes],
        resources: checkouts[other].resources("shop"),
      };
      const wasUp = checkouts[who].resources("shop").length > 0;
      const [script, ...more] = verb.split(" ") as ["up" | "down"];
      // Both see both clusters, and the current context is that of the other one.
      const { code, said } = await checkouts[who].run(script, ["--stack", "shop", ...more], {
        KUBECONFIG: [clusters[other].kubeconfig, clusters[who].kubeconfig].join(delimiter),
      });
      t.is(code, 0, `${title}: ${said}`);
      t.deepEqual(
        clusters[who].changes.slice(before.own),
        verb === "up" ? ["POST /objects/shop"] : wasUp ? ["DELETE /objects/shop"] : [],
        title,
      );
      t.deepEqual(
        checkouts[who].resources("shop"),
        verb === "up"
          ? ["shop", "cluster", "cluster", "password", "api"]
          : verb === "down" && wasUp
            ? ["shop", "cluster", "cluster", "password"]
            : [],
        title,
      );
      t.deepEqual(
        { other: clusters[other].changes, resources: checkouts[other].resources("shop") },
        { other: before.other, resources: before.resources },
        title,
      );
      t.is(
        existsSync(join(checkouts[who].folder, ".state/stacks/shop")),
        verb === "up" || (verb === "down" && wasUp),
        title,
      );
      if (!wasUp && script === "down")
        t.is(said, "stack shop is not up: no cluster is recorded for it, and nothing was changed\n", title);
    }
  },
);

test.serial(
  "an update that ended before it made anything is known, and its kubeconfig is private and of that cluster alone",
  async (t) => {
    const { first, second, here, command } = await two(t);
    t.is((await command("up", "first", [], { FAKE_PULUMI: "dies at once" })).code, 1);
    const folder = join(here.folder, ".state/stacks/first");
    t.deepEqual(readdirSync(folder), ["cluster.json", "kubeconfig", "logs"]);
    t.like(JSON.parse(readFileSync(join(folder, "cluster.json"), "utf8")), {
      context: "kind-first",
      kind: "named",
      server: first.server,
      uid: "uid-first",
    });
    t.deepEqual(
      ["cluster.json", "kubeconfig"].map((file) => statSync(join(folder, file)).mode & 0o777),
      [0o600, 0o600],
    );
    const kubeconfig = parse(readFileSync(join(folder, "kubeconfig"), "utf8")) as Record<string, unknown>;
    t.deepEqual(
      [kubeconfig["current-context"], JSON.stringify(kubeconfig).includes("somebody")],
      ["kind-first", false],
    );
    // The next one goes nowhere else, not even where the file is changed.
    writeFileSync(join(here.folder, "Pulumi.first.yaml"), "config: { production-platform:context: kind-second }\n");
    const { code, said } = await here.run("up", ["--stack", "first"], { KUBECONFIG: second.kubeconfig });
    t.is(code, 1);
    t.true(
      said.includes(
        'stack first is on the cluster of context "kind-first" (uid-first), and Pulumi.first.yaml names "kind-second". Nothing was changed.',
      ),
      said,
    );
    t.deepEqual([first.changes, second.changes], [[], []]);
  },
);

test.serial(
  "a stack is forgotten with a cluster that is gone, where that is typed, and a copy of the engine's record stays",
  async (t) => {
    const { first, here, command } = await two(t);
    t.is((await command("up", "first")).code, 0);
    const without = await command("down", "first", ["--gone", "uid-first"]);
    t.deepEqual([without.code, without.said], [2, "--gone forgets a stack with all that it kept: add --purge\n"]);
    const early = await command("down", "first", ["--purge", "--gone", "uid-first"]);
    t.deepEqual(
      [early.code, early.said],
      [
        1,
        "the cluster uid-first of stack first is not gone. Nothing was changed. Take the stack down without --gone\n",
      ],
    );
    await first.stop();
    here.engine();
    const { code, said } = await command("down", "first", ["--purge", "--gone", "uid-first"]);
    t.is(code, 0, said);
    t.regex(
      said,
      /stack first is forgotten: the cluster uid-first is gone, as you say; next: npm run up -- --stack first\n$/,
    );
    t.deepEqual(here.engine(), ["stack rm first --yes --force"]);
    t.deepEqual(
      [readdirSync(join(here.folder, ".state/forgotten")).length, existsSync(join(here.folder, ".state/stacks/first"))],
      [1, false],
    );
  },
);

test.serial(
  "admission and check act on the stack's cluster whatever the current context is, and leave another one alone",
  async (t) => {
    const { first, second, here, command } = await two(t);
    t.is((await command("up", "first")).code, 0);
    const elsewhere = { KUBECONFIG: [second.kubeconfig, first.kubeconfig].join(delimiter) };
    const removed = await here.run("admission", ["remove", "--stack", "first"], elsewhere);
    t.deepEqual(
      [removed.code, removed.said],
      [0, "on kind-first: there was nothing to remove\nnext: npm run admission -- apply\n"],
    );
    t.regex((await here.run("check", ["--live", "--stack", "first"], elsewhere)).said, /^context kind-first \(http:/);
    first.become("uid-other");
    for (const [script, args] of [
      ["admission", ["remove"]],
      ["admission", ["apply"]],
      ["check", ["--live"]],
    ] as const) {
      const { code, said } = await here.run(script, [...args, "--stack", "first"], elsewhere);
      t.is(code, 1, said);
      t.true(
        said.startsWith(
          'stack first is on the cluster uid-first, and another one answers to its context "kind-first" now: uid-other. Nothing was changed.',
        ),
        said,
      );
    }
    t.deepEqual([first.changes, second.changes], [["POST /objects/first"], []]);
  },
);

test.serial(
  "the local cluster of another checkout is neither started nor stopped nor purged, and its folder is named",
  async (t) => {
    const machine = mkdtempSync(join(tmpdir(), "machine-"));
    const [owner, here] = [place(t, {}, machine), place(t, { shop: undefined }, machine)];
    owner.own({ uid: "uid-local" });
    const refused = `the local cluster holds the platform that ${owner.folder} brought up, with its data and passwords. Nothing was changed. Work from there, or remove it all with "npm run cluster -- down --purge --owner ${owner.folder}"\n`;
    for (const [script, args] of [
      ["up", ["--stack", "shop"]],
      ["cluster", ["down"]],
      ["cluster", ["down", "--purge"]],
      ["cluster", ["down", "--purge", "--owner", here.folder]],
    ] as const) {
      const { code, said } = await here.run(script, args);
      t.is(code, 1, said);
      t.true(said.endsWith(refused), said);
    }
    const down = await here.run("down", ["--stack", "shop", "--purge"]);
    t.deepEqual(
      [down.code, down.said],
      [0, "stack shop is not up: no cluster is recorded for it, and nothing was changed\n"],
    );
    const mine = await owner.run("cluster", ["down", "--purge", "--owner", here.folder]);
    t.deepEqual(
      [mine.code, mine.said],
      [1, `the local cluster is not that of ${here.folder}: it is this checkout's, or nobody's. Nothing was changed\n`],
    );
    t.deepEqual(
      [readdirSync(join(machine, "cluster")).sort(), existsSync(join(here.folder, "cache"))],
      [["kwok", "owner.json"], false],
    );
  },
);

test.serial(
  "a k3d cluster that was stopped is started again, for a stack that is on it and for one that chooses",
  async (t) => {
    const started = join(mkdtempSync(join(tmpdir(), "k3d-")), "started");
    const cluster = await fakeCluster(t, "k3d-platform", "uid-k3d", started);
    const here = place(t, { shop: undefined });
    here.program("docker", "exit 0");
    here.program(
      "k3d",
      `case "$*" in "cluster list --output json") echo '[{"name": "other"}, {"name": "platform"}]' ;; "cluster start platform") touch "${started}" ;; "version") ;; *) echo "k3d $*" >&2; exit 1 ;; esac`,
    );
    const up = await here.run("up", ["--stack", "shop"], { KUBECONFIG: cluster.kubeconfig });
    t.is(up.code, 0, up.said);
    t.regex(
      up.said,
      /using the k3d cluster "platform": the k3d cluster "platform" is there and does not answer\.\nstarting the k3d cluster "platform" again\n/,
    );
    t.deepEqual(cluster.changes, ["POST /objects/shop"]);
  },
);
