import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import test, { type ExecutionContext } from "ava";
import { stringify } from "yaml";
import { ensureToolchain, pulumiEnvironment } from "../../../cluster/toolchain.ts";
import { command } from "../../support/cluster.ts";
import { copyCheckout } from "../../support/checkout-copy.ts";
import { type ThrowAwayCluster, throwAwayCluster } from "./throw-away-cluster.ts";

/** A small stack without a volume: a simulated node has none. Its namespace outlives it. */
const stack = (context: string) =>
  stringify({
    config: {
      "production-platform:purpose": "development",
      "production-platform:context": context,
      "production-platform:systems": ["bgc-platform"],
      "production-platform:policies": {
        "P03-configuration-exists": { madeElsewhere: ["kube-root-ca.crt", "external-password"] },
      },
      "production-platform:bgc-platform": {
        applications: { source: "contract-server" },
        postgres: {
          engine: {
            kind: "external",
            host: "db.example.com",
            cidr: "203.0.113.7/32",
            passwordSecret: "external-password",
          },
        },
      },
    },
  });

const folder = mkdtempSync(join(tmpdir(), "two-clusters-"));
let clusters: { readonly one: ThrowAwayCluster; readonly two: ThrowAwayCluster };
let here: string;
let other: string;

test.before(async () => {
  const { clusterBin } = await ensureToolchain({ parts: "all", print: () => {} });
  clusters = {
    one: await throwAwayCluster(clusterBin, folder, "kind-first"),
    two: await throwAwayCluster(clusterBin, folder, "kind-second"),
  };
  [here, other] = [copyCheckout({}), copyCheckout({})];
  for (const checkout of [here, other]) {
    writeFileSync(join(checkout, "Pulumi.one.yaml"), stack("kind-first"));
    writeFileSync(join(checkout, "Pulumi.two.yaml"), stack("kind-second"));
  }
});

test.after.always(async () => {
  for (const cluster of Object.values(clusters ?? {})) await cluster.remove();
  for (const made of [folder, here, other]) if (made) rmSync(made, { recursive: true, force: true });
});

/** Runs a program with some variables of its own. */
async function ended(
  variables: Readonly<Record<string, string>>,
  ...line: string[]
): Promise<{ readonly code: number; readonly said: string }> {
  const { code, stdout, stderr } = await command("env", [
    ...Object.entries(variables).map(([name, value]) => `${name}=${value}`),
    ...line,
  ]);
  return { code, said: stdout + stderr };
}

/** Runs a command of a checkout, on a machine whose current context is always the other stack's. */
function npmRun(
  checkout: string,
  verb: "up" | "down",
  name: "one" | "two",
  ...more: string[]
): ReturnType<typeof ended> {
  const kubeconfigs = [clusters.one.kubeconfig, clusters.two.kubeconfig];
  const variables = {
    KUBECONFIG: (name === "one" ? kubeconfigs.toReversed() : kubeconfigs).join(delimiter),
    PLATFORM_STATE: join(folder, "machine"),
  };
  return ended(variables, process.execPath, join(checkout, "scripts/run.mjs"), verb, "--stack", name, ...more);
}

/** The objects of a cluster once nothing changes them any more. */
async function settled(cluster: ThrowAwayCluster): Promise<string[]> {
  for (let before = await cluster.objects(); ; ) {
    await sleep(3000);
    const now = await cluster.objects();
    if (now.join() === before.join()) return now;
    before = now;
  }
}

/** Does something to one cluster, and proves that the other one has the very same objects afterwards. */
async function without<T>(t: ExecutionContext, untouched: ThrowAwayCluster, act: () => Promise<T>): Promise<T> {
  const before = await settled(untouched);
  const result = await act();
  t.deepEqual(await untouched.objects(), before);
  return result;
}

const recorded = (checkout: string, name: string) => existsSync(join(checkout, ".state/stacks", name, "cluster.json"));

test.serial(
  "two stacks of one checkout go to a cluster each, and neither update touches the other's objects",
  async (t) => {
    t.timeout(900_000);
    const { one, two } = clusters;
    // On a simulated node no container answers: all of an update passes but the health endpoints.
    const up = async (name: "one" | "two") => {
      const { said } = await npmRun(here, "up", name);
      t.regex(said, /^ {5}bgc-platform: the rest passes: 4 workloads Ready, /m);
      t.deepEqual(
        said.split("\n").filter((line) => line.startsWith("FAIL") && !/: (API|Web|Integration gateway) \//.test(line)),
        [],
        said,
      );
    };
    await without(t, two, () => up("one"));
    await without(t, one, () => up("two"));
    t.deepEqual(
      [(await one.objects()).length, recorded(here, "one"), recorded(here, "two")],
      [(await two.objects()).length, true, true],
    );
  },
);

test.serial(
  "plain pulumi up refuses another cluster under the recorded name, and changes nothing on either",
  async (t) => {
    t.timeout(600_000);
    const { one, two } = clusters;
    const { PATH, PULUMI_HOME, PULUMI_BACKEND_URL, PULUMI_CONFIG_PASSPHRASE_FILE } = pulumiEnvironment(here) as Record<
      "PATH" | "PULUMI_HOME" | "PULUMI_BACKEND_URL" | "PULUMI_CONFIG_PASSPHRASE_FILE",
      string
    >;
    const variables = {
      PATH,
      PULUMI_HOME,
      PULUMI_BACKEND_URL,
      PULUMI_CONFIG_PASSPHRASE_FILE,
      KUBECONFIG: two.disguisedAs("kind-first"),
    };
    const refused = async (reason: RegExp) => {
      const { code, said } = await without(t, one, () =>
        without(t, two, () =>
          ended(
            variables,
            "pulumi",
            "--cwd",
            join(here, ".state/project"),
            "up",
            "--stack",
            "one",
            "--yes",
            "--skip-preview",
            "--non-interactive",
          ),
        ),
      );
      t.not(code, 0, said);
      t.regex(said, reason);
    };
    const owner = (stack: string) =>
      two.kubectl(["annotate", "namespace/data", "--overwrite", `production-platform/stack=${stack}`]);
    await refused(/systems: names bgc-platform, and its namespace data is there already: stack two has made it\. /);
    // Not even where the other cluster has a namespace of the same stack.
    await owner("one");
    await refused(
      /stack one is on the cluster of context "kind-first" \([0-9a-f-]{36}\), and this is "kind-first" \([0-9a-f-]{36}\): nothing was changed/,
    );
    await owner("two");
  },
);

test.serial(
  "each stack goes down where it is, in an order of its own, and another checkout takes down neither",
  async (t) => {
    t.timeout(900_000);
    const { one, two } = clusters;
    const down = await without(t, two, () => npmRun(here, "down", "one"));
    t.is(down.code, 0, down.said);
    const left = (await one.objects()).map((object) => object.split("/")[0]);
    t.deepEqual([left.includes("Namespace"), left.includes("Deployment")], [true, false], "what is protected stays");
    const foreign = await without(t, one, () => without(t, two, () => npmRun(other, "down", "two", "--purge")));
    t.deepEqual(
      [foreign.code, foreign.said.trim().split("\n").at(-1)],
      [0, "stack two is not up: no cluster is recorded for it, and nothing was changed"],
    );
    const purged = await without(t, one, () => npmRun(here, "down", "two", "--purge"));
    t.is(purged.code, 0, purged.said);
    t.deepEqual([await two.objects(), recorded(here, "two"), recorded(here, "one")], [[], false, true]);
    const last = await without(t, two, () => npmRun(here, "down", "one", "--purge"));
    t.is(last.code, 0, last.said);
    t.deepEqual([await one.objects(), recorded(here, "one")], [[], false]);
  },
);
