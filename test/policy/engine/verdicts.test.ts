import test from "ava";
import { fromManifest, fromPulumi } from "../../../policies/model/kubernetes-object.ts";
import { evaluate } from "../../../policies/engine/judge.ts";
import { render } from "../../../policies/rules/rule.ts";
import { parseSettings } from "../../../policies/engine/settings.ts";
import { changed, judged, line, today } from "../fixtures/fixture.ts";
import type { Edit } from "../fixtures/fixture.ts";

const main = "spec.template.spec.containers[0]";
const messages = (...edits: Edit[]) => judged(edits).findings.map(render);

test("Postgres' liveness timeout lowered to 1 s: object, container, rule, reason and lines to write", (t) => {
  t.deepEqual(messages(["postgres", `${main}.livenessProbe.timeoutSeconds`, 1]), [
    [
      'StatefulSet data/pg-postgresql, container "postgres": livenessProbe.timeoutSeconds is 1, must be at least 10 [B04-postgres-liveness]',
      "  at spec.template.spec.containers[0].livenessProbe.timeoutSeconds",
      "  why: An impatient probe kills a Postgres that is only busy, and every kill starts another recovery.",
      "  fix:",
      "    livenessProbe:",
      "      timeoutSeconds: 10",
    ].join("\n"),
  ]);
});

test("a memory limit dropped from an init container", (t) => {
  t.deepEqual(messages(["api", "spec.template.spec.initContainers[0].resources.limits.memory", undefined]), [
    [
      'Deployment data/bgc-api, container "migrate": has no memory limit [X02-container-resources]',
      "  at spec.template.spec.initContainers[0].resources.limits.memory",
      "  why: A container without them takes its neighbours down with it, and is the first to be evicted.",
      "  fix:",
      "    resources:",
      "      requests:",
      "        cpu: 100m",
      "        memory: 128Mi",
      "      limits:",
      "        cpu: 500m",
      "        memory: 256Mi",
    ].join("\n"),
  ]);
});

test("an image of :latest", (t) => {
  t.deepEqual(messages(["api", `${main}.image`, "bgc-api:latest"]), [
    [
      'Deployment data/bgc-api, container "api": image bgc-api:latest uses the moving tag "latest" [X08-image-pinned]',
      "  at spec.template.spec.containers[0].image",
      "  why: A moving tag runs another program after every restart, and cannot be rolled back.",
      "  fix:",
      "    image: registry.example.com/team/name:v1.2.3   # or name@sha256:<digest>",
    ].join("\n"),
  ]);
});

test("a container that runs as root", (t) => {
  t.deepEqual(messages(["api", `${main}.securityContext.runAsUser`, 0]), [
    [
      'Deployment data/bgc-api, container "api": runs as root (runAsUser 0) [X01-non-root]',
      "  at spec.template.spec.containers[0].securityContext.runAsUser",
      "  why: Root in the container is root on the node as soon as the runtime has a hole.",
      "  fix:",
      "    securityContext:",
      "      runAsNonRoot: true",
      "      runAsUser: 1000",
    ].join("\n"),
  ]);
});

test("a backup removed: the message names the store and the CronJob to write", (t) => {
  t.deepEqual(messages(["backup", "", undefined]), [
    [
      'StatefulSet data/pg-postgresql: data store (postgres) has no backup: no CronJob in namespace "data" is labelled production-platform/backup-of=pg-postgresql [X07-backup]',
      "  why: Data without a backup is lost with its disk, and a backup that was never restored is a hope.",
      "  fix:",
      "    apiVersion: batch/v1",
      "    kind: CronJob",
      "    metadata:",
      "      name: pg-postgresql-backup",
      "      namespace: data",
      "      labels:",
      "        production-platform/backup-of: pg-postgresql",
      "    spec:",
      '      schedule: "0 2 * * *"',
      "      suspend: false",
      "      jobTemplate:",
      "        spec:",
      "          template:",
      "            spec:",
      "              initContainers:",
      "                - name: dump      # writes the copy",
      "              containers:",
      "                - name: verify    # restores it into a scratch database and compares",
      "    # a store that may lose its data says so: production-platform/data-store: redis-cache",
    ].join("\n"),
  ]);
});

test("no message repeats a credential", (t) => {
  const found = messages(
    ["api", `${main}.env[0]`, { name: "DB_PASSWORD", value: "hunter2" }],
    ["api", `${main}.args`, ["--token=hunter2", "redis://:hunter2@redis"]],
    ["config", "data", { DB_PASSWORD: "hunter2", "app.yaml": "api_key: hunter2\n" }],
  );
  t.is(found.length, 5);
  t.false(found.join("\n").includes("hunter2"));
});

test("a sound exception answers for one rule on one object, and the report lists it", (t) => {
  const writable: Edit[] = [
    ["api", `${main}.securityContext.readOnlyRootFilesystem`, false],
    ["gateway", `${main}.securityContext.readOnlyRootFilesystem`, false],
  ];
  const report = judged([
    ...writable,
    ["api", `${main}.image`, "bgc-api:latest"],
    [
      "api",
      'metadata.annotations["production-platform/exception.X01-read-only-root"]',
      "writes its cache; until=2026-03-31",
    ],
  ]);
  t.deepEqual(report.findings.map(line), [
    'Deployment data/bgc-api, container "api": image bgc-api:latest uses the moving tag "latest"',
    'Deployment data/gateway, container "gateway": readOnlyRootFilesystem is not true',
  ]);
  t.deepEqual(
    report.excepted.map((finding) => [line(finding), finding.reason, finding.until]),
    [
      [
        'Deployment data/bgc-api, container "api": readOnlyRootFilesystem is not true',
        "writes its cache",
        "2026-03-31",
      ],
    ],
  );
  t.deepEqual([report.counts.findings, report.counts.excepted, report.counts.notEvaluated], [2, 1, 0]);
});

test("an expired exception answers for nothing, and is a finding itself", (t) => {
  const report = judged([
    ["api", `${main}.securityContext.readOnlyRootFilesystem`, false],
    [
      "api",
      'metadata.annotations["production-platform/exception.X01-read-only-root"]',
      "writes its cache; until=2026-02-28",
    ],
  ]);
  t.deepEqual(report.findings.map(line).sort(), [
    'Deployment data/bgc-api, container "api": readOnlyRootFilesystem is not true',
    "Deployment data/bgc-api: exception from X01-read-only-root expired on 2026-02-28",
  ]);
});

test("X09 itself cannot be excepted", (t) => {
  const annotation = 'metadata.annotations["production-platform/exception.X09-exception"]';
  t.deepEqual(judged([["api", annotation, "a reason; until=2026-04-01"]]).findings.map(line), [
    "Deployment data/bgc-api: exception from X09-exception names no rule that can be excepted",
  ]);
});

test("an unknown value in one container leaves its verdict open and hides nothing about the others", (t) => {
  class UnknownValueError extends Error {}
  const containers = [
    {
      name: "first",
      get image(): string {
        throw new UnknownValueError("unknown");
      },
    },
    { name: "second", image: "x:latest" },
  ];
  const objects = fromPulumi({
    type: "kubernetes:core/v1:Pod",
    name: "p",
    urn: "urn",
    props: { metadata: { name: "p" }, spec: { containers } },
  });
  const { findings, notEvaluated } = evaluate(objects, parseSettings(), today);
  t.deepEqual(findings.filter(({ rule }) => rule.id === "X08-image-pinned").map(line), [
    'Pod default/p, container "second": image x:latest uses the moving tag "latest"',
  ]);
  t.deepEqual(notEvaluated.filter(({ rule }) => rule.id === "X08-image-pinned").map(line), [
    'Pod default/p, container "first": not evaluated: the value of spec.containers[0].image is not known before it is created',
  ]);
});

test("an object whose namespace is unknown leaves open what depends on it", (t) => {
  class UnknownValueError extends Error {}
  const lost = fromPulumi({
    type: "kubernetes:policy/v1:PodDisruptionBudget",
    name: "lost",
    urn: "urn",
    props: {
      metadata: {
        name: "lost",
        get namespace(): string {
          throw new UnknownValueError("unknown");
        },
      },
      spec: {
        maxUnavailable: 1,
        unhealthyPodEvictionPolicy: "AlwaysAllow",
        selector: { matchLabels: { app: "bgc-api" } },
      },
    },
  });
  const objects = [...changed([["apiBudget", "", undefined]]).flatMap((manifest) => fromManifest(manifest)), ...lost];
  const { findings, notEvaluated } = evaluate(objects, parseSettings(), today);
  t.deepEqual(findings, []);
  t.true(
    notEvaluated
      .map(line)
      .includes(
        "Deployment data/bgc-api: not evaluated: the namespace of PodDisruptionBudget (unknown namespace)/lost is not known before it is created",
      ),
  );
});

test("Redis' configuration in another stack leaves the verdict open", (t) => {
  const { findings, notEvaluated } = judged([
    ["namespace", "", undefined],
    ["cache", `${main}.args`, ["redis-server", "/etc/redis/redis.conf"]],
    ["cache", `${main}.volumeMounts`, [{ name: "config", mountPath: "/etc/redis" }]],
    ["cache", "spec.template.spec.volumes", [{ name: "config", configMap: { name: "elsewhere" } }]],
  ]);
  t.deepEqual(findings, []);
  const elsewhere =
    "StatefulSet data/redis: not evaluated: ConfigMap data/elsewhere, which configures the server, is not in this stack";
  t.deepEqual(
    notEvaluated.map((finding) => [finding.rule.id, line(finding)]),
    [
      ["B06-redis-memory", elsewhere],
      ["X06-redis-password", elsewhere],
    ],
  );
});

test("an object of an impossible shape is blocked, not a crash", (t) => {
  const { findings } = judged([["api", "spec.template.spec.containers", "none"]]);
  t.true(findings.length > 0);
  t.true(findings.every(({ message }) => message.startsWith("is malformed: ")));
});

test("settings change a verdict", (t) => {
  const noCpuLimit: Edit[] = [["api", `${main}.resources.limits.cpu`, undefined]];
  t.deepEqual(judged(noCpuLimit, { "X02-container-resources": { requireCpuLimit: false } }).findings, []);
  t.deepEqual(judged([], { "B05-postgres-startup": { budgetSeconds: 900 } }).findings.map(line), [
    'StatefulSet data/pg-postgresql, container "postgres": startupProbe gives up after 600 s, must allow at least 900 s',
  ]);
  t.deepEqual(
    judged([["seed", "spec.ttlSecondsAfterFinished", undefined]], {
      "X08-job-bounds": { requireTtl: true },
    }).findings.map(line),
    ["Job data/populate-countries: has no ttlSecondsAfterFinished"],
  );
});
