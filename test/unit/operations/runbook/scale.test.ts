import test from "ava";
import { replicaSettings } from "../../../../operations/runbook/replica-settings.ts";
import { fakeCluster, type FakeCluster, type Thing } from "../../../support/fake-cluster.ts";
import { runbook, shop, withoutIds } from "../../../support/runbook.ts";
import { stackVariant } from "../../../support/stack-variant.ts";
import { controller, pod } from "../../../support/workload-things.ts";

const resources = { requests: { cpu: "500m", memory: "512Mi" } };
const autoscaler = (minReplicas = 2, maxReplicas = 4): Thing => ({
  kind: "HorizontalPodAutoscaler",
  metadata: { name: "api" },
  spec: {
    minReplicas,
    maxReplicas,
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "api" },
    behavior: { scaleDown: { stabilizationWindowSeconds: 120 } },
  },
});
const platform = (): Thing[] => [
  controller("StatefulSet", "postgres", 1),
  pod("postgres-0", "postgres"),
  controller("Deployment", "api", 2, resources),
  pod("api-a", "api"),
  pod("api-b", "api"),
  autoscaler(),
];

/** What an autoscaler and the controllers of its pods do: as few pods as the range lets it have. */
function working(cluster: FakeCluster): void {
  cluster.after = ({ method }, thing) => {
    if (thing.kind !== "HorizontalPodAutoscaler" || method !== "PATCH") return;
    const deployment = cluster.get("Deployment", "api")!;
    const { minReplicas, maxReplicas } = thing["spec"] as { minReplicas: number; maxReplicas: number };
    const replicas = Math.min(maxReplicas, Math.max(minReplicas, deployment["spec"].replicas as number));
    cluster.put({ ...deployment, spec: { ...deployment["spec"], replicas } });
    const names = ["api-a", "api-b", "api-c", "api-d"];
    for (const name of names.slice(replicas)) cluster.remove("Pod", name);
    for (const name of names.slice(0, replicas))
      if (cluster.get("Pod", name) === undefined) cluster.put(pod(name, "api"));
  };
}
const scale = (cluster: FakeCluster, pods: string, ...more: string[]) =>
  runbook(cluster, ["scale", "bgc-platform", "api", pods, ...more]);
const range = (cluster: FakeCluster) => {
  const { minReplicas, maxReplicas } = cluster.get("HorizontalPodAutoscaler", "api")!["spec"];
  return `${minReplicas}-${maxReplicas}`;
};

test("scale holds a workload at more pods until auto gives it back, and then the autoscaler is as the stack declared it", async (t) => {
  const cluster = await fakeCluster(t, platform());
  working(cluster);
  const before = cluster.get("HorizontalPodAutoscaler", "api")!;
  const up = await scale(cluster, "3");
  t.deepEqual(withoutIds(up.stdout).split("\n").slice(1, -2), [
    "  autoscaler of api: 2 to 4 pods → 3 to 4 pods, until runbook scale bgc-platform api auto",
    "1/2 hold the autoscaler of api",
    "2/2 wait for Deployment api",
    "  Deployment api: 3 of 3 pods Ready",
    "ok   Deployment api: 3 of 3 pods Ready",
    "ok   autoscaler of api: held: runbook scale bgc-platform api auto gives it back",
  ]);
  t.is(up.code, 0);
  t.is(range(cluster), "3-4");
  const again = await scale(cluster, "4");
  t.is(again.code, 3);
  t.regex(
    again.stderr,
    /\n {2}the autoscaler of api is held since \S+Z: give it back first, with runbook scale bgc-platform api auto\n$/,
  );
  const back = await scale(cluster, "auto");
  t.is(back.code, 0, back.stdout);
  t.regex(back.stdout, /\nok {3}autoscaler of api: 2 to 4 pods\n/);
  const { resourceVersion: _, ...metadata } = cluster.get("HorizontalPodAutoscaler", "api")!.metadata;
  t.deepEqual(
    [cluster.get("HorizontalPodAutoscaler", "api")!["spec"], { ...metadata, annotations: {}, managedFields: [] }],
    [before["spec"], { ...before.metadata, resourceVersion: undefined, annotations: {}, managedFields: [] }].map(
      (part) => JSON.parse(JSON.stringify(part)) as object,
    ),
  );
  t.deepEqual(metadata["annotations"], {});
  const none = await scale(cluster, "auto");
  t.deepEqual(
    [none.code, none.stderr],
    [3, "refused, and nothing was changed:\n  the autoscaler of api is not held: it keeps 2 to 4 pods\n"],
  );
});

test("scale down lowers the most that an autoscaler may have, and leaves the least", async (t) => {
  const cluster = await fakeCluster(t, platform());
  working(cluster);
  await scale(cluster, "4");
  await scale(cluster, "auto");
  const { code } = await scale(cluster, "3");
  t.is(code, 0);
  t.is(range(cluster), "2-3");
  t.is(cluster.all("Pod").filter(({ metadata }) => metadata["labels"].app === "api").length, 3);
});

test("KEDA's autoscaler is held by KEDA's own annotation, and only that is taken back", async (t) => {
  const cluster = await fakeCluster(t, [
    ...platform(),
    {
      kind: "ScaledObject",
      metadata: { name: "api", annotations: { "validations.keda.sh/hpa-ownership": "false" } },
      spec: { scaleTargetRef: { name: "api" }, minReplicaCount: 1, maxReplicaCount: 6 },
    },
  ]);
  const annotations = () => cluster.get("ScaledObject", "api")!.metadata["annotations"] as Record<string, string>;
  const { code, stdout } = await scale(cluster, "2");
  t.is(code, 0, stdout);
  t.regex(stdout, /\n {2}autoscaler of api: 1 to 6 pods → 2 to 2 pods, until /);
  t.is(annotations()["autoscaling.keda.sh/paused-replicas"], "2");
  t.is(range(cluster), "2-4", "KEDA's own autoscaler is left to KEDA");
  t.is((await scale(cluster, "auto")).code, 0);
  t.deepEqual(annotations(), { "validations.keda.sh/hpa-ownership": "false" });
});

test("a number beyond the range is refused with the setting that lasts, and so is a workload without an autoscaler", async (t) => {
  const refused = async (system: string, name: string, pods: string, scaled: boolean) => {
    const hpa = autoscaler(3, 8);
    const { code, stdout, stderr } = await runbook(
      await fakeCluster(t, [
        controller("Deployment", name, 3),
        ...(scaled ? [{ ...hpa, spec: { ...hpa["spec"], scaleTargetRef: { kind: "Deployment", name } } }] : []),
      ]),
      ["scale", system, name, pods],
      { targets: [{ ...shop, system, workloads: [{ kind: "Deployment", name, replicas: 3 }] }] },
    );
    t.deepEqual([code, stdout], [3, ""]);
    return stderr.replace("refused, and nothing was changed:\n  ", "").trim();
  };
  const lasts = (setting: string, pods: number) =>
    `what lasts is a setting: pulumi config set --path production-platform:${setting} ${pods} --stack dev, and then npm run up -- --stack dev`;
  const ranged = (pods: string) => refused("platform-service", "platform-service", pods, true);
  t.is(
    await ranged("9"),
    `the autoscaler of platform-service keeps 3 to 8 pods, so 9 is for the stack to say; ${lasts("platform-service.replicas.max", 9)}`,
  );
  t.is(
    await ranged("2"),
    `the autoscaler of platform-service keeps 3 to 8 pods, so 2 is for the stack to say; ${lasts("platform-service.replicas.min", 2)}`,
  );
  t.is(
    await refused("bgc-platform", "bgc-api", "2", false),
    `bgc-api has no autoscaler, so its number is declared; ${lasts("bgc-platform.api.replicas", 2)}`,
  );
  t.is(
    await refused("bgc-platform", "redis", "2", false),
    "redis has no autoscaler, so its number is declared; no setting of the stack changes it",
  );
});

test("scale refuses a quota without room and a system in maintenance, and a word is no number", async (t) => {
  const cluster = await fakeCluster(t, platform());
  cluster.put({
    kind: "ResourceQuota",
    metadata: { name: "quota" },
    status: { hard: { "requests.cpu": "2" }, used: { "requests.cpu": "1600m" } },
  });
  const api = cluster.get("Deployment", "api")!;
  cluster.put({
    ...api,
    metadata: {
      ...api.metadata,
      annotations: { "production-platform/before-maintenance": '{"run":"r","since":"s","was":{},"owners":[]}' },
    },
  });
  t.deepEqual((await scale(cluster, "3")).stderr.split("\n").slice(1, -1), [
    "  api is stopped: bgc-platform is in maintenance",
    "  there is no room for 3 pods: quota: 1600m of 2 requests.cpu are used",
  ]);
  const wrong = await scale(cluster, "many");
  t.deepEqual([wrong.code, wrong.stderr], [2, '"many" is no number of pods, and not auto\n']);
  const store = await runbook(cluster, ["scale", "bgc-platform", "postgres", "2"]);
  t.deepEqual([store.code, store.stderr], [2, 'bgc-platform has no Deployment "postgres"; the only one is "api"\n']);
  t.deepEqual(cluster.changes, []);
});

test("each program that a stack runs as a Deployment has a setting for its number, by the name that the stack takes", async (t) => {
  const { targets } = await stackVariant("dev");
  const programs = targets.flatMap(({ system, workloads, dataStores }) =>
    workloads
      .filter(({ kind, name }) => kind === "Deployment" && !dataStores.some((store) => store.name === name))
      .map(({ name }) => ({ system, name })),
  );
  const setting = ({ system, name }: (typeof programs)[number]) => replicaSettings[system]?.[name] ?? `none of ${name}`;
  t.deepEqual(
    Object.values(replicaSettings)
      .flatMap((settings) => Object.values(settings))
      .sort(),
    programs.map(setting).sort(),
  );
  const { objects } = await stackVariant("dev");
  const ranged = (name: string) =>
    objects.some(({ kind, metadata }) => kind === "HorizontalPodAutoscaler" && metadata.name === name);
  const changes: Record<string, Record<string, unknown>> = {};
  for (const program of programs) {
    const [system = "", ...path] = setting(program).split(".");
    const number = ranged(program.name) ? { min: 3, max: 3 } : 3;
    const change = path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), number) as object;
    changes[system] = { ...changes[system], ...change };
  }
  const changed = await stackVariant("dev", changes);
  t.deepEqual(
    programs.map(
      ({ system, name }) =>
        changed.targets.find((target) => target.system === system)!.workloads.find((each) => each.name === name)!
          .replicas,
    ),
    programs.map(() => 3),
  );
});
