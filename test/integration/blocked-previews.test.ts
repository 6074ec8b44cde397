import { rmSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { command } from "../support/cluster.ts";
import { copyCheckout, type Edits } from "../support/checkout-copy.ts";

/** Previews a changed copy of the project as CI would. */
async function preview(edits: Edits, ...args: string[]) {
  const copy = copyCheckout(edits);
  try {
    const { code, stdout, stderr } = await command(process.execPath, [join(copy, "scripts/run.mjs"), "preview", ...args]);
    return { code, output: stdout + stderr };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

test.serial("an unchanged stack passes, dev and prod, without any cluster", async (t) => {
  for (const stack of ["dev", "prod"]) {
    const { code, output } = await preview({}, "--stack", stack);
    t.is(code, 0, output);
    t.regex(output, new RegExp(`preview of stack ${stack} passes: \\d+ resources, 0 violations`));
  }
});

const unsafe: readonly (readonly [title: string, edits: Edits, mentions: readonly RegExp[]])[] = [
  ["a Postgres liveness timeout of 1 s (B04)", { "components/data/postgres/postgres.ts": [['period: "30s", timeout: "10s"', 'period: "30s", timeout: "1s"']] }, [/B04-postgres-liveness/, /StatefulSet data\/postgres/, /container "?postgres"?/, /timeoutSeconds: 10/]],
  ["a container without a memory limit (X02)", { "components/workload/container.ts": [['limits: { cpu: cpu.limit, memory: memory.limit,', "limits: { cpu: cpu.limit,"]] }, [/X02-container-resources/, /Deployment data\/bgc-api/, /container "?bgc-api"?/, /memory/]],
  ["an image tagged latest (X08)", { "components/images.ts": [["redis:7.0.15-bookworm", "redis:latest"]] }, [/X08-image-pinned/, /Deployment data\/redis/, /container "?redis"?/, /latest/]],
  ["a workload that runs as root (X01)", { "components/workload/pod.ts": [["runAsUser: args.identity.uid", "runAsUser: 0"]] }, [/X01-non-root/, /Deployment data\/bgc-api/, /runAsUser/]],
  [
    "a database whose backup is gone (X07)",
    { "components/data/postgres/backup.ts": [["this.cronJob = new ScheduledJob(", "if (args.of === '') this.cronJob = new ScheduledJob("], ["{ schedule: this.cronJob.cronJob.spec.schedule }", "{}"]] },
    [/X07-backup/, /StatefulSet data\/postgres/, /production-platform\/backup-of/],
  ],
];

for (const [title, edits, mentions] of unsafe) {
  test.serial(`${title} is blocked, and the message names the object, the rule and the fix`, async (t) => {
    const { code, output } = await preview(edits);
    t.is(code, 1, output);
    t.regex(output, /preview of stack dev is BLOCKED/);
    for (const mention of mentions) t.regex(output, mention);
  });
}

test.serial("a wrong configuration is refused with every path, before anything is previewed", async (t) => {
  const { code, output } = await preview({ "Pulumi.dev.yaml": [["storage: 2Gi\n      resources", "storage: 2GB\n      resources"], ["keepDays: 7", "keepDays: 0"]] });
  t.is(code, 1);
  t.regex(output, /configuration has 2 wrong values/);
  t.regex(output, /bgc-platform\.postgres\.storage: expected an amount of memory or storage.*\(is "2GB"\)/);
  t.regex(output, /bgc-platform\.postgres\.backup\.keepDays/);
});
