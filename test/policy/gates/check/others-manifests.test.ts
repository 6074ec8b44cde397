import test from "ava";
import { isTimeZone, scheduleProblem } from "../../../../policies/model/cron.ts";
import { checkFiles, problems } from "./checking.ts";

const options = (...rules: string[]) => ({ rules });

/** Findings of some rules as `file:line object: message`. */
async function found(files: string | Record<string, string>, ...rules: string[]): Promise<string[]> {
  const { report } = await checkFiles(typeof files === "string" ? { "a.yaml": files } : files, options(...rules));
  return report.findings.map(
    ({ location, object, message }) =>
      `${typeof files === "string" ? "" : `${location?.file}:`}${location?.line} ${object.ref}: ${message}`,
  );
}

/** Verdicts that are open, without their place. */
async function open(text: string, ...rules: string[]): Promise<string[]> {
  const { report } = await checkFiles({ "a.yaml": text }, options(...rules));
  return report.notEvaluated.map(({ object, message }) => `${object.ref}: ${message}`);
}

const documents = (...all: readonly object[]) =>
  `${[{ apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } }, ...all].map((one) => JSON.stringify(one)).join("\n---\n")}\n`;
const object = (apiVersion: string, kind: string, name: string, fields: object) => ({
  apiVersion,
  kind,
  metadata: { name, namespace: "shop" },
  ...fields,
});
const service = (name: string, spec: object) => object("v1", "Service", name, { spec });
const template = (app: string, container: object = {}) => ({
  metadata: { labels: { app } },
  spec: { containers: [{ name: "main", image: "a:v1", ...container }] },
});
const set = object("apps/v1", "StatefulSet", "db", {
  spec: { replicas: 2, selector: { matchLabels: { app: "db" } }, template: template("db") },
});

test("a Service selects the pods of a StatefulSet by the labels that its controller adds, and no others", async (t) => {
  const selects = (selector: object) =>
    found(documents(set, service("one", { selector, ports: [{ port: 5432 }] })), "X05-service-selects");
  const none = ['5 Service shop/one: selects no pods of namespace "shop"'];
  t.deepEqual(await selects({ app: "db", "statefulset.kubernetes.io/pod-name": "db-0" }), []);
  t.deepEqual(await selects({ "statefulset.kubernetes.io/pod-name": "db-1" }), []);
  t.deepEqual(await selects({ app: "db", "apps.kubernetes.io/pod-index": "1" }), []);
  t.deepEqual(await selects({ app: "db", "apps.kubernetes.io/pod-index": "2" }), none);
  t.deepEqual(await selects({ app: "db", "statefulset.kubernetes.io/pod-name": "database-0" }), none);
  t.deepEqual(await selects({ app: "other", "statefulset.kubernetes.io/pod-name": "db-0" }), none);
  t.deepEqual(await selects({ app: "db", "pod-template-hash": "5d8f" }), []);
});

test("the pods of a Job have its name as a label", async (t) => {
  const job = object("batch/v1", "Job", "seed", {
    spec: { template: { spec: { restartPolicy: "Never", containers: [{ name: "main", image: "a:v1" }] } } },
  });
  const policy = (name: string) =>
    object("networking.k8s.io/v1", "NetworkPolicy", "seed", {
      spec: { podSelector: { matchLabels: { "batch.kubernetes.io/job-name": name } }, policyTypes: ["Egress"] },
    });
  t.deepEqual(await found(documents(job, policy("seed")), "X05-policy-selects", "X05-flows-declared"), []);
  t.deepEqual(await found(documents(job, policy("other")), "X05-policy-selects", "X05-flows-declared"), [
    "3 Job shop/seed: no NetworkPolicy besides the default denial selects its pods",
    '5 NetworkPolicy shop/seed: selects no pods of namespace "shop"',
  ]);
});

test("a container that declares no port may listen on any number, whatever the others declare", async (t) => {
  const proxy = { name: "proxy", image: "b:v1", ports: [{ name: "metrics", containerPort: 15090 }] };
  const web = (ports?: object[]) =>
    object("apps/v1", "Deployment", "web", {
      spec: {
        template: {
          metadata: { labels: { app: "web" } },
          spec: { containers: [proxy, { name: "web", image: "a:v1", ...(ports && { ports }) }] },
        },
      },
    });
  const sends = (deployment: object, port: object, more: object = {}) =>
    found(
      documents(deployment, service("web", { selector: { app: "web" }, ports: [{ port: 80, ...port }], ...more })),
      "X05-service-target-port",
    );
  t.deepEqual(await sends(web(), { targetPort: 8080 }), []);
  t.deepEqual(await sends(web(), { targetPort: "metrics" }), []);
  t.deepEqual(await sends(web(), { targetPort: "http" }), [
    "5 Service shop/web: no container of Deployment shop/web has port http",
  ]);
  t.deepEqual(await sends(web([{ name: "http", containerPort: 8080 }]), { targetPort: 9090 }), [
    "5 Service shop/web: no container of Deployment shop/web has port 9090",
  ]);
  t.deepEqual(await sends(web([{ name: "http", containerPort: 8080 }]), { targetPort: "http", protocol: "UDP" }), [
    "5 Service shop/web: no container of Deployment shop/web has port http for UDP",
  ]);
  t.deepEqual(await sends(web([{ name: "http", containerPort: 8080 }]), { targetPort: "8080" }), [
    '5 Service shop/web: targetPort "8080" is a text, and so the name of a port: a number has no quotes',
  ]);
  t.deepEqual(
    await sends(web([{ name: "http", containerPort: 8080 }]), { targetPort: 9090 }, { clusterIP: "None" }),
    [],
  );
});

const map = (data: Record<string, string>) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: own, namespace: shop }\ndata:\n${Object.entries(data)
    .map(
      ([key, text]) =>
        `  ${key}: |\n${text
          .split("\n")
          .map((line) => `    ${line}\n`)
          .join("")}`,
    )
    .join("")}`;
const holds = (text: string, file = "app.yaml") => found(map({ [file]: text }), "X06-credential-in-config-map");

test("a credential is found in the middle of a line, in every syntax, at its own line", async (t) => {
  const says = (line: number, name = "password") => [
    `${line} ConfigMap shop/own: data "app.yaml" holds a credential (${name})`,
  ];
  t.deepEqual(await holds('{"smtp": {"user": "a", "password": "q7-Xw2LLp91"}}'), says(6));
  t.deepEqual(await holds('{\n  "smtp": { "user": "a", "password": "q7-Xw2LLp91" }\n}'), says(7));
  t.deepEqual(await holds("db: {user: a, password: q7-Xw2LLp91}"), says(6));
  t.deepEqual(await holds("users:\n  - name: a\n    password: q7-Xw2LLp91"), says(8));
  t.deepEqual(await holds("users:\n  - { name: a, password: q7-Xw2LLp91 }"), says(7));
  t.deepEqual(await holds("<source>\n  <password>q7-Xw2LLp91</password>\n</source>"), says(7));
  t.deepEqual(await holds('<source user="a" password="q7-Xw2LLp91"/>'), says(6));
  t.deepEqual(await holds('db = { user = "a", password = "q7-Xw2LLp91" }'), says(6));
  t.deepEqual(await holds("env:\n  - name: DB_PASSWORD\n    value: q7-Xw2LLp91"), says(8, "DB_PASSWORD"));
  t.deepEqual(await holds('[{"name": "DB_PASSWORD", "value": "q7-Xw2LLp91"}]'), says(6, "DB_PASSWORD"));
  t.deepEqual(await holds("JAVA_OPTS=-Xmx1g -Ddb.password=q7-Xw2LLp91"), says(6, "db.password"));
});

test("lists, mappings, commands, encrypted values, words for people and placeholders are no credentials", async (t) => {
  const harmless = [
    "token: [ spec, tokenName ]",
    'password: [ "status", "set" ]',
    '{"properties": {"password": {"type": "string"}, "token": {"type": "string", "minLength": 20}}}',
    "PASSWORD=$(cat /run/secrets/pw)",
    "TOKEN=`vault read -field=token x`",
    'export PGPASSWORD="$PASSWORD"',
    "spring.datasource.password=ENC(7hTg9kLm2nQp4rSt6uVw)",
    '{"labels": {"password": "Your password", "apiKey": "API key"}}',
    "smtp_password: '<secret>'",
    "admin_password = $__file{/etc/secrets/pw}",
    'password: ""',
    "token: null",
    "apiKey: ~",
    "password_file: /etc/pw",
    "credentials:\n  secretName: shop-db",
    "password:\n  valueFrom: { secretKeyRef: { name: a, key: b } }",
    "requirepass replace-me-at-start",
    "app.token.ttl=3600",
    "# password: q7-Xw2LLp91",
    "ALTER ROLE app LOGIN PASSWORD :'app_password';",
    "password: !vault |\n  6162",
  ];
  for (const text of harmless) t.deepEqual(await holds(text), [], text);
});

test("a credential inside of an environment variable's text is found, and said once", async (t) => {
  const env = (name: string, value: string) =>
    found(
      documents(
        object("v1", "Pod", "own", { spec: { containers: [{ name: "main", image: "a:v1", env: [{ name, value }] }] } }),
      ),
      "X06-credential-in-env",
    );
  t.deepEqual(await env("APP_CONFIG", '{"db": {"password": "q7-Xw2LLp91"}}'), [
    "3 Pod shop/own: env APP_CONFIG holds a credential (password)",
  ]);
  t.deepEqual(await env("JAVA_OPTS", "-Xmx1g -Ddb.password=q7-Xw2LLp91"), [
    "3 Pod shop/own: env JAVA_OPTS holds a credential (db.password)",
  ]);
  t.deepEqual(await env("PGPASSWORD", "q7-Xw2LLp91"), [
    "3 Pod shop/own: env PGPASSWORD holds a credential as a plain value",
  ]);
  t.deepEqual(await env("JAVA_OPTS", "-Xmx1g -Ddb.password.file=/run/pw"), []);
});

test("files of two stages that hold the same objects are judged each by itself", async (t) => {
  const stage = (replicas: number, more: object = {}) =>
    documents(
      object("apps/v1", "Deployment", "web", { spec: { ...more, template: template("web") } }),
      object("policy/v1", "PodDisruptionBudget", "web", {
        spec: { maxUnavailable: 1, selector: { matchLabels: { app: "web" } } },
      }),
      object("autoscaling/v2", "HorizontalPodAutoscaler", "web", {
        spec: {
          scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
          minReplicas: replicas,
          maxReplicas: 9,
        },
      }),
    );
  const rules = ["X04-one-budget", "P02-one-autoscaler", "P02-autoscaled-replicas"];
  t.deepEqual(await found({ "dev.yaml": stage(2), "prod.yaml": stage(3) }, ...rules), []);
  t.deepEqual(await found({ "dev.yaml": stage(2), "prod.yaml": stage(3, { replicas: 4 }) }, ...rules), [
    "prod.yaml:3 Deployment shop/web: declares 4 replicas, which HorizontalPodAutoscaler shop/web sets",
  ]);
  t.deepEqual(await found(stage(2).concat("---\n", stage(2)), ...rules), []);
});

test("the parts of a kustomization are no objects", async (t) => {
  const files = {
    "app/kustomization.yaml":
      "resources: [base.yaml]\npatches:\n  - path: patch.yaml\n  - patch: |\n      kind: Deployment\npatchesStrategicMerge: [./old.yaml]\nconfigMapGenerator:\n  - name: own\n    files: [settings.json=files/settings.json]\n",
    "app/base.yaml": JSON.stringify(object("apps/v1", "Deployment", "web", { spec: { template: template("web") } })),
    "app/patch.yaml": JSON.stringify(
      object("apps/v1", "Deployment", "web", { spec: { template: template("web", { image: undefined }) } }),
    ),
    "app/old.yaml": JSON.stringify(object("apps/v1", "Deployment", "web", { spec: { replicas: 3 } })),
    "app/files/settings.json": '{"kind": "Pod", "metadata": {}}',
  };
  const { report } = await checkFiles(files, options("X08-image-pinned"));
  t.deepEqual([report.counts.objects, report.findings, report.problems], [1, [], []]);
  t.deepEqual(
    report.skipped.map(({ file, reason }) => `${file}: ${reason}`),
    [
      ...["files/settings.json", "old.yaml", "patch.yaml"].map(
        (name) =>
          `app/${name}: a part of kustomization.yaml, which is no object by itself: build it (kubectl kustomize)`,
      ),
      "app/kustomization.yaml: a kustomization: build it first (kubectl kustomize)",
    ].sort(),
  );
});

test("what a copied configuration file says of Redis is not evaluated", async (t) => {
  const redis = (path: string) =>
    object("apps/v1", "Deployment", "cache", {
      spec: {
        template: {
          metadata: { labels: { app: "cache" } },
          spec: {
            containers: [
              {
                name: "redis",
                image: "redis:7.4.1",
                command: ["redis-server"],
                args: [path],
                volumeMounts: [
                  { name: "conf", mountPath: "/conf" },
                  { name: "data", mountPath: "/data" },
                ],
              },
            ],
            volumes: [
              { name: "conf", configMap: { name: "conf" } },
              { name: "data", emptyDir: {} },
            ],
          },
        },
      },
    });
  const conf = object("v1", "ConfigMap", "conf", { data: { "redis.conf": "maxmemory-policy allkeys-lru\n" } });
  const unread =
    "Deployment shop/cache: not evaluated: /data/redis.conf, which configures the server, is in no ConfigMap or Secret that it mounts";
  t.deepEqual(
    [
      await found(documents(conf, redis("/data/redis.conf")), "B06-redis-memory"),
      await open(documents(conf, redis("/data/redis.conf")), "B06-redis-memory"),
    ],
    [[], [unread]],
  );
  t.deepEqual(await found(documents(conf, redis("/conf/redis.conf")), "B06-redis-memory"), [
    "5 Deployment shop/cache: Redis has no maxmemory",
  ]);
});

test("schedules and time zones are read as an API server reads them", async (t) => {
  const fine = ["0 3 * * *", "@daily", "@every 90m", "*/5 0-6,12 1 JAN-MAR sun", "0 3 ? * 1-5/2", "0 0/6 * * *"];
  t.deepEqual(
    fine.map(scheduleProblem),
    fine.map(() => undefined),
  );
  t.deepEqual(
    ["CRON_TZ=Europe/Berlin 0 3 * * *", "0 25 * * *", "0 3 * *", "@never", "0 3 * * 7", "0 3 L * *", "*/0 * * * *"].map(
      scheduleProblem,
    ),
    [
      "sets a time zone, which belongs into timeZone",
      'has no hour from 0 to 23 in "25"',
      "has 4 fields instead of five",
      "is no schedule that has a name",
      'has no day of the week from 0 to 6 in "7"',
      'has no day of the month from 1 to 31 in "L"',
      'has no minute from 0 to 59 in "*/0"',
    ],
  );
  t.deepEqual([isTimeZone("Etc/UTC"), isTimeZone("Europe/Berlin"), isTimeZone("Europe/Atlantis")], [true, true, false]);
  const cron = (spec: object) =>
    found(
      documents(
        object("batch/v1", "CronJob", "own", { spec: { jobTemplate: { spec: { template: template("a") } }, ...spec } }),
      ),
      "X08-cron-job-time",
    );
  t.deepEqual(await cron({ schedule: "TZ=Etc/UTC 0 3 * * *" }), [
    '3 CronJob shop/own: schedule "TZ=Etc/UTC 0 3 * * *" sets a time zone, which belongs into timeZone',
  ]);
  t.deepEqual(await cron({ schedule: "0 25 * * *", timeZone: "Local" }), [
    '3 CronJob shop/own: schedule "0 25 * * *" has no hour from 0 to 23 in "25"',
    '3 CronJob shop/own: there is no timeZone "Local"',
  ]);
  t.deepEqual(await cron({}), ["3 CronJob shop/own: has no schedule"]);
});

test("a field of an impossible shape is named once, with the shape that is expected", async (t) => {
  const says = async (one: object) =>
    problems(await checkFiles({ "a.yaml": JSON.stringify(one) })).map((text) => text.replace(/^a\.yaml:1:\d+ /, ""));
  const no = "is no object that an API server takes:";
  const rbac = (rules: unknown) => ({
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRole",
    metadata: { name: "own" },
    rules,
  });
  t.deepEqual(await says(rbac([{ apiGroups: [""], resources: "secrets", verbs: ["*"] }])), [
    `ClusterRole own ${no} rules[0].resources expected array, received string`,
  ]);
  t.deepEqual(await says(rbac({ verbs: ["get"] })), [`ClusterRole own ${no} rules expected array, received object`]);
  const policy = (spec: object) => object("networking.k8s.io/v1", "NetworkPolicy", "own", { spec });
  t.deepEqual(await says(policy({ podSelector: {}, ingress: { from: [] } })), [
    `NetworkPolicy shop/own ${no} spec.ingress expected array, received object`,
  ]);
  t.deepEqual(await says(policy({ podSelector: { matchlabels: { app: "web" } } })), [
    `NetworkPolicy shop/own ${no} spec.podSelector.matchlabels is no field that there is`,
  ]);
  t.deepEqual(await says(policy({ podSelector: {}, policytypes: ["Ingress"] })), [
    `NetworkPolicy shop/own ${no} spec.policytypes is no field that there is`,
  ]);
  t.deepEqual(await says(service("own", { ports: { port: 80 } })), [
    `Service shop/own ${no} spec.ports expected array, received object`,
  ]);
  t.deepEqual(await says(service("own", { selector: { app: 1 } })), [
    `Service shop/own ${no} spec.selector.app expected string, received number`,
  ]);
  t.deepEqual(await says(service("own", { ports: [{ port: "80" }] })), [
    `Service shop/own ${no} spec.ports[0].port expected number, received string`,
  ]);
  t.deepEqual(await says(object("policy/v1", "PodDisruptionBudget", "own", { spec: { maxUnavailable: "fifty" } })), [
    `PodDisruptionBudget shop/own ${no} spec.maxUnavailable expected a number or a percentage`,
  ]);
  const pod = (spec: object, container: object) =>
    object("v1", "Pod", "own", { spec: { ...spec, containers: [{ name: "main", image: "a:v1", ...container }] } });
  t.deepEqual(await says(pod({ hostNetwork: "true" }, {})), [
    `Pod shop/own ${no} spec.hostNetwork expected boolean, received string`,
  ]);
  t.deepEqual(await says(pod({}, { securityContext: { privileged: "true" } })), [
    `Pod shop/own ${no} spec.containers[0].securityContext.privileged expected boolean, received string`,
  ]);
  t.deepEqual(await says(pod({}, { env: [{ name: "A", value: 1 }] })), [
    `Pod shop/own ${no} spec.containers[0].env[0].value expected string, received number`,
  ]);
});

test("an exception on a pod template is named as misplaced", async (t) => {
  const deployment = object("apps/v1", "Deployment", "own", {
    spec: {
      template: {
        metadata: { annotations: { "production-platform/exception.X01-privileged": "a device; until=2026-04-01" } },
        spec: { containers: [{ name: "main", image: "a:v1", securityContext: { privileged: true } }] },
      },
    },
  });
  t.deepEqual(await found(documents(deployment), "X01-privileged", "X09-exception"), [
    "3 Deployment shop/own: exception from X01-privileged stands on the pod template, where it excepts from nothing: write it on the Deployment",
    "3 Deployment shop/own: runs privileged",
  ]);
});
