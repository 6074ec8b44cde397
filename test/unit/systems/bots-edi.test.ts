import test from "ava";
import { systemOf, unknownNames } from "./support/system.ts";

const dev = await systemOf("dev", "bots-edi");
const prod = await systemOf("prod", "bots-edi");
const both = Object.entries({ dev, prod });
const programs = [
  ["Deployment", "bots-webserver", "webserver"],
  ["Deployment", "bots-jobqueue", "jobqueue"],
  ["CronJob", "bots-engine", "engine"],
] as const;
const image = "harbor.pminc.me/priv/bots-edi:v1.2.0";

test("web server, job queue and engine carry app=bots-edi, their component, and the container people name (E01, E02, E03)", (t) => {
  for (const [stack, { get, pods, containers }] of both) {
    for (const [kind, name, component] of programs) {
      t.deepEqual(get(kind, name).metadata.labels, { app: "bots-edi", component }, `${stack} ${name}`);
      t.deepEqual(pods(kind, name).labels, { app: "bots-edi", component }, `${stack} ${name}`);
      t.deepEqual(
        containers(kind, name),
        [...(kind === "CronJob" ? ["wait-for-database"] : []), component],
        `${stack} ${name}`,
      );
    }
  }
});

test("jobs of the engine carry app=bots-edi, so that they are listed by it (E03, E15)", (t) => {
  for (const [stack, { spec }] of both)
    t.deepEqual(
      spec("CronJob", "bots-engine").jobTemplate.metadata.labels,
      { app: "bots-edi", component: "engine" },
      stack,
    );
});

test("the web server is behind port 8080 with a path for life and another for readiness (E01, X03)", (t) => {
  for (const [stack, { spec, container }] of both) {
    t.deepEqual(
      spec("Service", "bots-webserver") as unknown,
      {
        type: "ClusterIP",
        selector: { app: "bots-edi", component: "webserver" },
        ports: [{ name: "http", port: 8080, targetPort: "http", protocol: "TCP" }],
      },
      stack,
    );
    const { startupProbe, livenessProbe, readinessProbe, ports } = container("Deployment", "bots-webserver");
    t.deepEqual(
      [startupProbe, livenessProbe, readinessProbe].map(({ httpGet }) => httpGet.path),
      ["/health/live", "/health/live", "/health/ready"],
      stack,
    );
    t.deepEqual(
      ports.map(({ containerPort }) => containerPort),
      [8080],
      stack,
    );
  }
});

test("an autoscaler keeps 2 to 5 web servers, and the Deployment names no number; the queue is one pod (E01, X10)", (t) => {
  for (const [stack, { spec }] of both) {
    const { scaleTargetRef, minReplicas, maxReplicas } = spec("HorizontalPodAutoscaler", "bots-webserver");
    t.deepEqual(
      [scaleTargetRef.kind, scaleTargetRef.name, minReplicas, maxReplicas],
      ["Deployment", "bots-webserver", 2, 5],
      stack,
    );
    t.false("replicas" in spec("Deployment", "bots-webserver"), stack);
    t.is(spec("Deployment", "bots-jobqueue").replicas, 1, stack);
  }
});

test("two runs of the engine never overlap; it runs every five minutes and is not suspended (E03)", (t) => {
  for (const [stack, { spec }] of both) {
    const { schedule, timeZone, concurrencyPolicy, suspend, jobTemplate } = spec("CronJob", "bots-engine");
    t.deepEqual(
      { schedule, timeZone, concurrencyPolicy, suspend },
      { schedule: "*/5 * * * *", timeZone: "Etc/UTC", concurrencyPolicy: "Forbid", suspend: false },
      stack,
    );
    t.deepEqual([jobTemplate.spec.activeDeadlineSeconds, jobTemplate.spec.backoffLimit], [1800, 0], stack);
  }
});

test("production runs one image, pulled with harbor's credentials, for all programs and their jobs (E04)", (t) => {
  const users = [
    ...programs,
    ["Job", /^bots-migrate-/, "bots-migrate"],
    ["CronJob", "bots-db-backup", "dumpdata"],
  ] as const;
  for (const [kind, name, container] of users) {
    t.is(prod.container(kind, name, container).image, image);
    const spec =
      kind === "CronJob" ? prod.spec(kind, name).jobTemplate.spec.template.spec : prod.spec(kind, name).template.spec;
    t.deepEqual(spec.imagePullSecrets as unknown, [{ name: "harbor-credentials" }], String(name));
  }
  t.deepEqual(
    prod.names.filter((name) => name.includes("contract-server")),
    [],
  );
});

test("dev runs the same programs of the contract server (E01, E02, E03, E16)", (t) => {
  const roles = [
    ...programs,
    ["Job", /^bots-migrate-/, "bots-migrate"],
    ["CronJob", "bots-db-backup", "dumpdata"],
  ] as const;
  t.deepEqual(
    roles.map(([kind, name, container]) => dev.env(kind, name, container)["ROLE"]),
    ["bots-webserver", "bots-jobqueue", "bots-engine", "bots-migrate", "bots-dumpdata"],
  );
});

test("bots.ini is mounted from bots-config-ini in all three programs, whose pods carry its hash (E05)", (t) => {
  for (const [stack, { config, container, pods }] of both) {
    t.deepEqual(Object.keys(config("bots-config-ini")), ["bots.ini"], stack);
    t.is(config("bots-config-ini")["bots.ini"]!.split("\n")[0], "[settings]", stack);
    const hashes = programs.map(([kind, name]) => {
      t.true(
        container(kind, name).volumeMounts.some(
          ({ name: volume, mountPath }) => volume === "config" && mountPath === "/config",
        ),
        `${stack} ${name}`,
      );
      return pods(kind, name).annotations["config.production-platform/bots-config-ini"];
    });
    t.regex(hashes[0]!, /^[0-9a-f]{8}$/, stack);
    t.deepEqual(new Set(hashes).size, 1, stack);
  }
});

test("the password is a file of Secret bots-edidb-secret, and a change of it rolls all three programs (E05, X06)", (t) => {
  for (const [stack, { env, pods, container }] of both) {
    for (const [kind, name] of programs) {
      t.is(env(kind, name)["MYSQL_PASSWORD_FILE"], "/credentials/mysql/password", `${stack} ${name}`);
      t.true(
        container(kind, name).volumeMounts.some(({ mountPath }) => mountPath === "/credentials/mysql"),
        `${stack} ${name}`,
      );
      t.true("credential.production-platform/bots-edidb-secret" in pods(kind, name).annotations, `${stack} ${name}`);
    }
  }
});

test("migrations are a Job of the same program, declared before what needs them (E16)", (t) => {
  t.deepEqual(prod.container("Job", /^bots-migrate-/).command, ["python", "manage.py", "migrate", "--noinput"]);
  for (const [stack, { objects, names }] of both) {
    t.is(names.filter((name) => /^Job\/bots-migrate-[0-9a-f]{8}$/.test(name)).length, 1, stack);
    const position = (prefix: string) =>
      objects.findIndex(({ kind, metadata }) => `${kind}/${metadata.name}`.startsWith(prefix));
    for (const [kind, name] of programs)
      t.true(position("Job/bots-migrate-") < position(`${kind}/${name}`), `${stack} ${name}`);
  }
});

test("bots-edi-ingress serves its host with TLS from bots-edi-tls (E08)", (t) => {
  for (const [system, host] of [
    [dev, "bots-edi.localhost"],
    [prod, "bots-edi.pminc.me"],
  ] as const) {
    const { tls, rules } = system.spec("Ingress", "bots-edi-ingress");
    t.deepEqual(tls as unknown, [{ hosts: [host], secretName: "bots-edi-tls" }]);
    t.deepEqual(
      rules.map((rule) => rule.host),
      [host],
    );
    t.deepEqual(
      [...new Set(rules[0]!.http.paths.map(({ backend }) => JSON.stringify(backend)))],
      ['{"service":{"name":"bots-webserver","port":{"number":8080}}}'],
    );
    t.deepEqual(
      rules[0]!.http.paths.slice(0, 3).map(({ path, pathType }) => [path, pathType]),
      [
        ["/", "Exact"],
        ["/api", "Prefix"],
        ["/health", "Prefix"],
      ],
    );
  }
  t.is(dev.get("Secret", "bots-edi-tls").metadata.annotations?.["production-platform/self-signed"], "true");
});

test("the certificate has the runbook's name, and its Secret is cert-manager's alone, so that a renewal serves no temporary one (E08, E17)", (t) => {
  const { secretName, dnsNames, issuerRef } = prod.get("Certificate", "bots-edi-ingress")["spec"] as {
    secretName: string;
    dnsNames: string[];
    issuerRef: object;
  };
  t.deepEqual(
    { secretName, dnsNames, issuerRef },
    {
      secretName: "bots-edi-tls",
      dnsNames: ["bots-edi.pminc.me"],
      issuerRef: { group: "cert-manager.io", kind: "ClusterIssuer", name: "letsencrypt-prod" },
    },
  );
  t.false(prod.names.includes("Secret/bots-edi-tls"));
  t.deepEqual(prod.get("Certificate", "bots-edi-ingress").metadata.annotations, undefined);
});

test("operations are told names that exist, and the runbook's objectives (E14)", (t) => {
  for (const [stack, system] of both) {
    t.deepEqual(unknownNames(system), [], stack);
    t.deepEqual(
      system.targets[0]!.objectives,
      { errorRatePercent: 1, queueDepth: 100, processingSeconds: 30, recoveryMinutes: 15 },
      stack,
    );
    t.is(system.targets[0]!.endpoints[0]!.health, "/health/ready", stack);
  }
  t.deepEqual(dev.targets[0]!.dataStores, [
    {
      kind: "mysql",
      name: "mysql",
      service: "mysql",
      port: 3306,
      database: "botsedi_data",
      user: "botsedi",
      backup: "bots-db-backup",
    },
  ]);
  t.deepEqual(prod.targets[0]!.dataStores, [
    {
      kind: "mysql",
      name: "mysql",
      service: "kona.db.pminc.me",
      port: 3306,
      database: "botsedi_data",
      user: "botsedi",
      backup: "bots-db-backup",
    },
  ]);
});
