import test from "ava";
import { systemOf } from "./support/system.ts";

const dev = await systemOf("dev", "resilient-api-gateway");
const prod = await systemOf("prod", "resilient-api-gateway");
const both = Object.entries({ dev, prod });

test("Redis holds state: it evicts nothing, appends every change, and cannot be flushed (G03, G04)", (t) => {
  for (const [stack, maxMemory] of [
    ["dev", "128mb"],
    ["prod", "512mb"],
  ] as const) {
    t.deepEqual(
      { dev, prod }[stack].container("StatefulSet", "redis").args,
      [
        "redis-server",
        "/credentials/redis/auth.conf",
        "--maxmemory",
        maxMemory,
        "--maxmemory-policy",
        "noeviction",
        "--save",
        "900 1 300 100",
        "--appendonly",
        "yes",
        "--appendfsync",
        "everysec",
        "--rename-command",
        "FLUSHALL",
        "",
        "--rename-command",
        "FLUSHDB",
        "",
      ],
      stack,
    );
  }
});

test("its data is a volume of a StatefulSet that is kept with the stack's other data, and its role is written on it (G03, G04, X07)", (t) => {
  for (const [stack, size] of [
    ["dev", "1Gi"],
    ["prod", "10Gi"],
  ] as const) {
    const { spec, get, container, names } = { dev, prod }[stack];
    const { replicas, volumeClaimTemplates, persistentVolumeClaimRetentionPolicy } = spec("StatefulSet", "redis");
    t.is(replicas, 1, stack);
    t.deepEqual(
      volumeClaimTemplates.map((claim) => [
        claim.metadata.name,
        claim.spec.accessModes,
        claim.spec.resources.requests["storage"],
      ]) as unknown,
      [["data", ["ReadWriteOnce"], size]],
      stack,
    );
    t.deepEqual(
      persistentVolumeClaimRetentionPolicy as unknown,
      { whenDeleted: "Retain", whenScaled: "Retain" },
      stack,
    );
    t.true(
      container("StatefulSet", "redis").volumeMounts.some(
        ({ name, mountPath }) => name === "data" && mountPath === "/data",
      ),
      stack,
    );
    t.is(get("StatefulSet", "redis").metadata.labels?.["production-platform/data-store"], "redis-state", stack);
    t.false(names.includes("Deployment/redis"), stack);
  }
});

test("its container may use half as much again as its data (G14, B06)", (t) => {
  t.is(dev.container("StatefulSet", "redis").resources.limits["memory"], "192Mi");
  t.is(prod.container("StatefulSet", "redis").resources.limits["memory"], "768Mi");
});

test("Redis is copied daily at two UTC: saved and copied, loaded and counted, and only then pruned (G08, G14)", (t) => {
  for (const [stack, steps, storage] of [
    ["dev", ["dump", "verify", "prune"], "1Gi"],
    ["prod", ["dump", "verify", "prune", "upload"], "20Gi"],
  ] as const) {
    const system = { dev, prod }[stack];
    const { schedule, timeZone, concurrencyPolicy, jobTemplate } = system.spec("CronJob", "redis-backup");
    t.deepEqual(
      { schedule, timeZone, concurrencyPolicy },
      { schedule: "0 2 * * *", timeZone: "Etc/UTC", concurrencyPolicy: "Forbid" },
      stack,
    );
    t.deepEqual(system.containers("CronJob", "redis-backup"), [...steps], stack);
    t.deepEqual(
      jobTemplate.spec.template.spec.containers.map(({ name }) => name),
      steps.slice(-1),
      stack,
    );
    t.is(system.spec("PersistentVolumeClaim", "redis-backup").resources.requests["storage"], storage, stack);
    t.is(system.get("CronJob", "redis-backup").metadata.labels?.["production-platform/backup-of"], "redis", stack);
  }
});

test("the copy waits for the server's own save, and a copy is checked by Redis's own tool (G08)", (t) => {
  for (const [stack, { config }] of both) {
    const { "dump.sh": dump, "verify.sh": verify } = config(/^redis-backup-scripts-/);
    t.regex(
      dump!,
      /^ {4}answer=\$\(redis bgsave schedule 2>&1\) \|\| true\n[\s\S]*\n\[\[ \$status == ok \]\] \|\| fail [\s\S]*\nredis --rdb "\$copy\/dump\.rdb"/m,
      stack,
    );
    t.regex(verify!, /^redis-check-rdb "\$copy\/dump\.rdb"/m, stack);
  }
});

test("the settings are archived on Sundays at three UTC, and no Secret is among them (G08, G14)", (t) => {
  for (const [stack, { spec, container, objects }] of both) {
    const { schedule, timeZone, concurrencyPolicy, jobTemplate } = spec("CronJob", "configuration-backup");
    t.deepEqual(
      { schedule, timeZone, concurrencyPolicy },
      { schedule: "0 3 * * 0", timeZone: "Etc/UTC", concurrencyPolicy: "Forbid" },
      stack,
    );
    const { volumes } = jobTemplate.spec.template.spec;
    t.deepEqual(
      volumes.filter(({ secret }) => secret).map(({ name }) => name),
      stack === "prod" ? ["credentials-bucket"] : [],
      stack,
    );
    t.deepEqual(
      container("CronJob", "configuration-backup", "archive").volumeMounts.filter(
        ({ name }) => name === "credentials-bucket",
      ),
      [],
      stack,
    );
    const archived = container("CronJob", "configuration-backup", "archive").volumeMounts.filter(({ mountPath }) =>
      mountPath.startsWith("/configuration/"),
    );
    t.deepEqual(
      archived.map(({ mountPath }) => mountPath),
      ["/configuration/api-gateway-config"],
      stack,
    );
    t.is(volumes.find(({ name }) => name === archived[0]!.name)?.configMap.name, "api-gateway-config", stack);
    t.true(
      objects.some(({ kind }) => kind === "Secret"),
      `${stack}: there is a Secret that could have been copied`,
    );
  }
});

test("an archive is unpacked and compared before anything is pruned (G14)", (t) => {
  for (const [stack, { spec, config, containers }] of both) {
    t.deepEqual(
      spec("CronJob", "configuration-backup").jobTemplate.spec.template.spec.containers.map(({ name }) => name),
      [stack === "prod" ? "upload" : "prune"],
      stack,
    );
    t.deepEqual(containers("CronJob", "configuration-backup").slice(0, 2), ["archive", "prune"], stack);
    const { "archive.sh": script = "", "copy.sh": parts = "" } = config(/^configuration-backup-scripts-/);
    const order = [
      "tar -C /tmp/plain -czf",
      "tar -C /tmp/restored -xzf",
      "diff -r /tmp/plain /tmp/restored",
      '\nkeep_copy "',
    ].map((line) => script.indexOf(line));
    t.deepEqual(
      order,
      order.toSorted((left, right) => left - right),
      stack,
    );
    t.false(order.includes(-1), stack);
    t.regex(
      parts,
      /^keep_copy\(\) \{ # PROOF\n[\s\S]*?\n {2}sync [\s\S]*?\n {2}mv "\$copy" "\$BACKUPS\/verified\/\$name"\n/m,
      stack,
    );
  }
});

test("production copies the archives of settings to the bucket, as it does Redis's snapshots (G08)", (t) => {
  for (const [job, prefix] of [
    ["redis-backup", "resilient-api-gateway/redis"],
    ["configuration-backup", "resilient-api-gateway/redis-configuration"],
  ] as const) {
    const { S3_BUCKET, S3_PREFIX } = prod.env("CronJob", job, "upload");
    t.deepEqual([S3_BUCKET, S3_PREFIX], ["production-platform-backups", prefix]);
  }
  t.deepEqual(prod.containers("CronJob", "configuration-backup"), ["archive", "prune", "upload"]);
});
