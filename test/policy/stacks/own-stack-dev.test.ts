import test from "ava";
import { fromManifest } from "../../../policies/model/kubernetes-object.ts";
import { evaluate } from "../../../policies/engine/judge.ts";
import { allContainers, find, podSpec, stackObjects } from "../../support/objects.ts";
import { line, today } from "../fixtures/fixture.ts";
import { stackSettings } from "../support/stack-settings.ts";

type Objects = Awaited<ReturnType<typeof stackObjects>>;

const settings = stackSettings("dev");
const judge = (objects: Objects) =>
  evaluate(
    objects.flatMap((manifest) => fromManifest(manifest)),
    settings,
    today,
  );

test("our own dev stack passes every rule, without an exception and with no verdict left open", async (t) => {
  const { findings, excepted, notEvaluated, counts } = judge(await stackObjects("dev"));
  t.deepEqual([...findings, ...excepted, ...notEvaluated].map(line), []);
  t.true(counts.objects > 40 && counts.evaluations > 200);
});

const inData = (objects: Objects) => objects.filter(({ metadata }) => metadata.namespace === "data");
const postgres = (objects: Objects) => podSpec(find(inData(objects), "StatefulSet", "postgres")).containers[0];
const api = (objects: Objects) => podSpec(find(objects, "Deployment", "bgc-api"));

const unsafe: Record<string, readonly [rules: readonly string[], change: (objects: Objects) => Objects | void]> = {
  "a Postgres liveness timeout of 1 s": [
    ["B04-postgres-liveness"],
    (objects) => void Object.assign(postgres(objects)?.livenessProbe ?? {}, { timeoutSeconds: 1 }),
  ],
  "an image of :latest": [
    ["X08-image-pinned"],
    (objects) => void Object.assign(api(objects).containers[0] ?? {}, { image: "bgc-api:latest" }),
  ],
  "a container that runs as root": [
    ["X01-non-root"],
    (objects) => void Object.assign(api(objects).containers[0]?.securityContext ?? {}, { runAsUser: 0 }),
  ],
  "the backup removed": [
    ["X05-policy-selects", "X07-backup"],
    (objects) =>
      objects.filter(
        ({ kind, metadata }) =>
          !kind.endsWith("Job") || metadata.namespace !== "data" || !/^postgres-backup(-first)?$/.test(metadata.name),
      ),
  ],
};

for (const [title, [rules, change]] of Object.entries(unsafe)) {
  test(`${title} in our own dev stack is blocked by ${rules.join(" and ")} alone`, async (t) => {
    const objects = structuredClone(await stackObjects("dev"));
    const { findings } = judge(change(objects) ?? objects);
    t.deepEqual(findings.map(({ rule }) => rule.id).sort(), rules);
  });
}

/**
 * The contract server's programs among the workloads of a stack that is called production, with one sign of them
 * changed.
 */
async function inProduction(hide: (spec: ReturnType<typeof podSpec>) => void): Promise<string[]> {
  const objects = structuredClone(await stackObjects("dev"));
  for (const { kind, metadata } of objects)
    if (kind === "Namespace") metadata.labels!["production-platform/purpose"] = "production";
  for (const object of objects)
    if (["Deployment", "StatefulSet", "Job", "CronJob"].includes(object.kind)) hide(podSpec(object));
  return judge(objects)
    .findings.filter(({ rule }) => rule.id === "B19-contract-server")
    .map(({ object }) => object.ref.replace(/-[0-9a-f]{8}$/, ""))
    .sort();
}

test("our own dev stack called production has each program of the contract server refused, whichever sign of it is taken away (B19)", async (t) => {
  const programs = [
    "CronJob edi/bots-db-backup",
    "CronJob edi/bots-engine",
    "CronJob platform/audit-retention",
    "Deployment api-gateway/proxy-service",
    "Deployment api-gateway/upstream-service",
    "Deployment data/bgc-api",
    "Deployment data/bgc-web",
    "Deployment data/integration-gateway",
    "Deployment edi/bots-jobqueue",
    "Deployment edi/bots-webserver",
    "Deployment platform/platform-service",
    "Deployment techbra-test/bff",
    "Deployment techbra-test/billing-service",
    "Deployment techbra-test/inventory-service",
    "Deployment techbra-test/order-service",
    "Job edi/bots-db-backup-first",
    "Job edi/bots-migrate",
  ];
  t.deepEqual(await inProduction(() => {}), programs);
  t.deepEqual(
    await inProduction(({ volumes }) =>
      volumes.forEach(({ configMap }) => configMap && Object.assign(configMap, { name: "application" })),
    ),
    programs,
  );
  t.deepEqual(
    await inProduction((spec) =>
      allContainers(spec).forEach((container) => delete (container as Partial<typeof container>).command),
    ),
    programs,
  );
});

// Each alone is a mutant of integration/gates/mutations.
test("memory limits dropped from all containers of our own dev stack are blocked, each by its name", async (t) => {
  const objects = structuredClone(await stackObjects("dev"));
  const withPods = objects.filter(({ kind }) => ["Deployment", "StatefulSet", "Job", "CronJob"].includes(kind));
  const messages = withPods.flatMap((object) =>
    allContainers(podSpec(object)).map((container) => {
      delete container.resources?.limits?.["memory"];
      return `${object.kind} ${object.metadata.namespace}/${object.metadata.name}, container "${container.name}": has no memory limit`;
    }),
  );
  t.true(withPods.length >= 8 && messages.length >= 40);
  t.deepEqual(judge(objects).findings.map(line).sort(), messages.sort());
});
