import test from "ava";
import { movedTo, type StoreUnderTest } from "../../../scripts/support/bench-namespace.ts";
import { restorePostgres } from "../../../scripts/support/benchmark-data.ts";
import { withSection } from "../../../scripts/support/benchmarks-page.ts";
import { containerPeaks, containerSeconds, parsePeak } from "../../../scripts/support/container-peaks.ts";
import { stackVariant } from "../../support/stack-variant.ts";

const postgres: StoreUnderTest = {
  namespace: "data",
  belongs: /^(pg-)?postgres/,
  before: [/^postgres-provision/],
  backup: "postgres-backup",
};
const { objects } = await stackVariant("dev");

test("a store is measured with the stack's own objects in another namespace, with passwords, and without what else its system has", (t) => {
  const moved = movedTo("bench", postgres, objects);
  t.deepEqual([...new Set([...moved.objects, ...moved.jobs].map(({ metadata }) => metadata.namespace))], ["bench"]);
  t.deepEqual(moved.jobs.map(({ metadata }) => metadata.name.replace(/-[0-9a-f]{8}$/, "")).sort(), [
    "postgres-backup-first",
    "postgres-provision",
  ]);
  t.deepEqual([...new Set(moved.objects.map(({ kind }) => kind))].sort(), [
    "ConfigMap",
    "PersistentVolumeClaim",
    "Secret",
    "Service",
    "ServiceAccount",
    "StatefulSet",
  ]);
  const passwords = moved.objects
    .filter(({ kind }) => kind === "Secret")
    .map((secret) => (secret["stringData"] as { password: string }).password);
  t.is(passwords.length, 3);
  t.true(passwords.every((password) => /^[0-9a-f]{48}$/.test(password)) && new Set(passwords).size === 3);
});

test("a restore is a pod of the backup's own that logs in as the superuser and makes a new database", async (t) => {
  const backup = movedTo("bench", postgres, objects).jobs.find(
    ({ metadata }) => metadata.name === "postgres-backup-first",
  )!;
  let job: any;
  await restorePostgres("bench", backup, async (args, input) => {
    if (args[0] === "create") job = JSON.parse(input!);
    return args[0] === "get" ? "Complete" : "";
  });
  const [container, ...others] = job.spec.template.spec.containers;
  t.deepEqual(
    [job.metadata.name, container.name, others, job.spec.template.spec.initContainers, job.spec.backoffLimit],
    ["postgres-restore", "restore", [], [], 0],
  );
  t.like(Object.fromEntries(container.env.map(({ name, value }: { name: string; value: string }) => [name, value])), {
    PGUSER: "postgres",
    PGDATABASE: "postgres",
    PGPASSWORD_FILE: "/credentials/superuser/password",
    PGHOST: "pg-postgresql",
  });
  t.true(
    job.spec.template.spec.volumes.some(
      ({ secret }: { secret?: { secretName: string } }) => secret?.secretName === "pg-postgresql-superuser",
    ),
  );
});

const pods = (...initContainerStatuses: object[]) =>
  JSON.stringify({ items: [{ metadata: { name: "first-x" }, status: { initContainerStatuses } }] });

test("the most of each look at a running container counts, and one that ended under the look counts for nothing", async (t) => {
  const answers = ["2000 900 10", "1500 1000 4", "error: container not found"];
  const { peaks, look } = containerPeaks("bench", "first", async (args) =>
    args[0] === "get"
      ? pods({ name: "verify", state: { running: {} } }, { name: "dump", state: { terminated: {} } })
      : answers.shift()!,
  );
  for (let times = 0; times < 3; times += 1) await look();
  t.deepEqual([...peaks], [["verify", { withCache: 2000, memory: 1000, scratch: 10_240 }]]);
});

test("anything but three numbers is no measurement", (t) => {
  t.deepEqual(["", "1 2", "1 2 3 4", "1 two 3"].map(parsePeak), [undefined, undefined, undefined, undefined]);
});

test("a container's time is that of its last pod, from its start to its end", async (t) => {
  const seconds = await containerSeconds("bench", "first", async () =>
    pods(
      {
        name: "dump",
        state: { terminated: { startedAt: "2026-03-01T02:00:00Z", finishedAt: "2026-03-01T02:01:30Z" } },
      },
      { name: "verify", state: { running: {} } },
    ),
  );
  t.deepEqual([...seconds], [["dump", 90]]);
});

test("a measurement takes the place of its own section of the page, and the other stays", (t) => {
  const page = "# Benchmarks\n\n## Updates, previews and policies\n\nold updates\n";
  const both = withSection(page, "backups", "## Backups at size\n\nnew backups\n");
  t.is(both, "# Benchmarks\n\n## Updates, previews and policies\n\nold updates\n\n## Backups at size\n\nnew backups\n");
  t.is(
    withSection(both, "updates", "## Updates, previews and policies\n\nnew updates"),
    both.replace("old updates", "new updates"),
  );
});
