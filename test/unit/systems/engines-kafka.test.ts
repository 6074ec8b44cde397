import test from "ava";
import { systemOf } from "./support/system.ts";

const name = "techbra-ecommerce";
const withEngine = (engine: object) => systemOf("prod", name, { [name]: { kafka: { engine } } });
const own = await systemOf("prod", name);
const strimzi = await withEngine({
  kind: "strimzi",
  operatorNamespace: "kafka-operator",
  apiServerCidr: "10.43.0.1/32",
  apiServerPorts: [16443],
});
const brokers = "broker-1.example.com:9094,broker-2.example.com:9094";
const external = await withEngine({ kind: "external", brokers, port: 9094, cidr: "192.0.2.0/28" });

const clients = ["order-service", "billing-service", "inventory-service"];
const tcp = (...ports: number[]) => ports.map((port) => ({ protocol: "TCP", port }));
const pods = (labels: object) => [{ podSelector: { matchLabels: labels } }];
const addresses = (cidr: string) => [{ ipBlock: { cidr } }];
const resolver = {
  to: [
    {
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
      podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
    },
    { ipBlock: { cidr: "169.254.20.10/32" } },
  ],
  ports: [
    { protocol: "UDP", port: 53 },
    { protocol: "TCP", port: 53 },
  ],
};
const ofOwnBrokers =
  /^(StatefulSet|PodDisruptionBudget)\/kafka$|^Service\/kafka-kafka(-peers)?$|^Job\/kafka-topics-|^(CronJob|PersistentVolumeClaim|NetworkPolicy)\/kafka-(backup|topics)$|^ConfigMap\/kafka-scripts-/;
const bootstrap = ({ env }: typeof own, app: string) => [
  env("Deployment", app)["KAFKA_BROKERS"],
  env("Deployment", app)["SPRING_KAFKA_BOOTSTRAP_SERVERS"],
];
const lagSource = ({ get }: typeof own) =>
  (get("ScaledObject", "order-service")["spec"] as { triggers: { metadata: { bootstrapServers: string } }[] })
    .triggers[0]?.metadata.bootstrapServers;

test("with another engine the stack runs no brokers, topics job or backup of its own (T01)", (t) => {
  t.is(own.names.filter((each) => ofOwnBrokers.test(each)).length, 10);
  for (const { names } of [strimzi, external])
    t.deepEqual(
      names.filter((each) => ofOwnBrokers.test(each)),
      [],
    );
});

test("Strimzi makes three brokers that are controllers, with the same safety and volumes that it never deletes (T01, X07)", (t) => {
  const { replicas, roles, storage, jvmOptions } = strimzi.get("KafkaNodePool", "brokers")["spec"] as Record<
    string,
    unknown
  >;
  t.deepEqual(
    { replicas, roles, storage, jvmOptions },
    {
      replicas: 3,
      roles: ["controller", "broker"],
      storage: { type: "persistent-claim", size: "50Gi", deleteClaim: false },
      jvmOptions: { "-Xms": "2048m", "-Xmx": "2048m" },
    },
  );
  const cluster = strimzi.get("Kafka", "kafka");
  t.is(cluster.metadata.labels?.["app.kubernetes.io/name"], "kafka");
  const { kafka } = cluster["spec"] as { kafka: { config: Record<string, unknown> } };
  t.deepEqual(
    [
      kafka.config["default.replication.factor"],
      kafka.config["min.insync.replicas"],
      kafka.config["auto.create.topics.enable"],
    ],
    [3, 2, "false"],
  );
});

test("Strimzi's objects are of the one version that its releases since 1.0 serve (T01)", (t) => {
  const own = strimzi.objects.filter(({ kind }) => kind.startsWith("Kafka"));
  t.deepEqual(
    [...new Set(own.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`))].sort(),
    ["Kafka", "KafkaNodePool", "KafkaTopic"].map((kind) => `kafka.strimzi.io/v1 ${kind}`),
  );
});

test("the operator chooses the version of Kafka, unless the stack holds one", async (t) => {
  const version = ({ get }: typeof own) =>
    (get("Kafka", "kafka")["spec"] as { kafka: { version?: string } }).kafka.version;
  t.is(version(strimzi), undefined);
  t.is(version(await withEngine({ kind: "strimzi", apiServerCidr: "10.43.0.1/32", version: "4.2.0" })), "4.2.0");
});

test("the namespace lets in every pod that the operator makes: restricted, with resources, and files that the group of the image owns (X01, X02)", (t) => {
  const { template, resources } = strimzi.get("KafkaNodePool", "brokers")["spec"] as Record<string, unknown>;
  const { entityOperator } = strimzi.get("Kafka", "kafka")["spec"] as Record<string, unknown>;
  const pod = { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } };
  const container = {
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      privileged: false,
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      seccompProfile: { type: "RuntimeDefault" },
    },
  };
  const spread = [
    {
      maxSkew: 1,
      topologyKey: "kubernetes.io/hostname",
      whenUnsatisfiable: "ScheduleAnyway",
      labelSelector: { matchLabels: { "strimzi.io/cluster": "kafka", "strimzi.io/pool-name": "brokers" } },
    },
  ];
  t.deepEqual(template, {
    pod: {
      securityContext: { ...pod, fsGroup: 0, fsGroupChangePolicy: "OnRootMismatch" },
      terminationGracePeriodSeconds: 120,
      topologySpreadConstraints: spread,
    },
    kafkaContainer: container,
  });
  t.deepEqual(resources, { requests: { cpu: "500m", memory: "2Gi" }, limits: { cpu: "2", memory: "4Gi" } });
  t.deepEqual(entityOperator, {
    topicOperator: {
      resources: { requests: { cpu: "50m", memory: "256Mi" }, limits: { cpu: "500m", memory: "512Mi" } },
    },
    template: { pod: { securityContext: pod }, topicOperatorContainer: container },
  });
});

test("the policy that Strimzi makes by itself lets in the cluster's own pods alone, where it would let in everybody (X05)", (t) => {
  const { kafka } = strimzi.get("Kafka", "kafka")["spec"] as { kafka: { listeners: unknown } };
  t.deepEqual(kafka.listeners, [
    {
      name: "plain",
      port: 9092,
      type: "internal",
      tls: false,
      networkPolicyPeers: pods({ "strimzi.io/cluster": "kafka" }),
    },
  ]);
});

test("even a stack of one broker gets three of Strimzi's, because two cannot outvote the third (T01)", async (t) => {
  const small = await systemOf("prod", name, {
    [name]: { kafka: { brokers: 1, engine: { kind: "strimzi", apiServerCidr: "10.43.0.1/32" } } },
  });
  t.is((small.get("KafkaNodePool", "brokers")["spec"] as { replicas: number }).replicas, 3);
});

test("Strimzi's topics are the same, with their dead-letter topics (T01, T13)", (t) => {
  const topics = strimzi.objects
    .filter(({ kind }) => kind === "KafkaTopic")
    .map((object) => [object.metadata.name, object.metadata.labels?.["strimzi.io/cluster"], object["spec"]]);
  const config = (retention: number) => ({ "retention.ms": retention, "min.insync.replicas": 2 });
  t.deepEqual(
    topics.sort(([left], [right]) => (left! < right! ? -1 : 1)),
    ["billing.events", "order.events"].flatMap((topic) => [
      [topic, "kafka", { partitions: 6, replicas: 3, config: config(604_800_000) }],
      [`${topic}.dlq`, "kafka", { partitions: 1, replicas: 3, config: config(2_419_200_000) }],
    ]),
  );
});

test("every client and the lag's source are told where Strimzi's brokers are (T04)", (t) => {
  for (const client of clients)
    t.deepEqual(bootstrap(strimzi, client), ["kafka-kafka-bootstrap:9092", "kafka-kafka-bootstrap:9092"], client);
  t.is(lagSource(strimzi), "kafka-kafka-bootstrap.techbra-test.svc:9092");
  t.is(lagSource(own), "kafka-kafka.techbra-test.svc:9092");
});

test("every client and the lag's source are told where external brokers are (T04)", (t) => {
  for (const client of clients) t.deepEqual(bootstrap(external, client), [brokers, brokers], client);
  t.is(lagSource(external), brokers);
});

test("kafka-ui looks at the brokers that the services use (T05)", (t) => {
  for (const system of [own, strimzi, external])
    t.is(
      system.env("Deployment", "kafka-ui")["KAFKA_CLUSTERS_0_BOOTSTRAPSERVERS"],
      bootstrap(system, "order-service")[0],
    );
});

test("flows lead to Strimzi's pods: clients, each other, KEDA and the operator come in (X05)", (t) => {
  const { podSelector, ingress, egress } = strimzi.spec("NetworkPolicy", "kafka");
  t.deepEqual(podSelector.matchLabels, { "strimzi.io/cluster": "kafka" });
  const namespaceOf = (namespace: string) => [
    { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } } },
  ];
  t.deepEqual(ingress as unknown, [
    { from: namespaceOf("keda"), ports: tcp(9092) },
    ...clients.map((app) => ({ from: pods({ app }), ports: tcp(9092) })),
    { from: pods({ "strimzi.io/cluster": "kafka" }), ports: tcp(9090, 9091, 9092, 9093) },
    { from: namespaceOf("kafka-operator"), ports: tcp(8443, 9090, 9091) },
    { from: pods({ app: "kafka-ui" }), ports: tcp(9092) },
  ]);
  t.deepEqual(egress as unknown, [
    resolver,
    { to: pods({ "strimzi.io/cluster": "kafka" }), ports: tcp(9090, 9091, 9092, 9093) },
    { to: addresses("10.43.0.1/32"), ports: tcp(16443) },
  ]);
  for (const app of clients)
    t.true(JSON.stringify(strimzi.spec("NetworkPolicy", app).egress).includes('"strimzi.io/cluster":"kafka"'), app);
});

test("only clients may go to external brokers, and to exactly their addresses and port (X05)", (t) => {
  const outside = external.objects.filter(
    (object) => object.kind === "NetworkPolicy" && JSON.stringify(object).includes("192.0.2.0/28"),
  );
  t.deepEqual(outside.map(({ metadata }) => metadata.name).sort(), [
    "billing-service",
    "inventory-service",
    "kafka-ui",
    "order-service",
  ]);
  for (const app of [...clients, "kafka-ui"]) {
    const { egress } = external.spec("NetworkPolicy", app);
    t.deepEqual(
      egress.filter((rule) => rule.to[0]?.ipBlock) as unknown,
      [{ to: addresses("192.0.2.0/28"), ports: tcp(9094) }],
      app,
    );
  }
  t.false(external.names.includes("NetworkPolicy/kafka"));
  t.false(JSON.stringify(external.objects.filter(({ kind }) => kind === "NetworkPolicy")).includes("9092"));
});

test("operations are told of the brokers that clients use, and of no workload or backup that is not there", (t) => {
  const kafka = ({ targets }: typeof own) => targets[0]!.dataStores.find((store) => store.kind === "kafka");
  t.deepEqual(kafka(own), { kind: "kafka", name: "kafka", service: "kafka-kafka", port: 9092, backup: "kafka-backup" });
  for (const { targets } of [strimzi, external])
    t.false(targets[0]!.workloads.some((workload) => workload.name === "kafka"));
  t.deepEqual(kafka(strimzi), { kind: "kafka", name: "kafka", service: "kafka-kafka-bootstrap", port: 9092 });
  t.deepEqual(kafka(external), { kind: "kafka", name: "kafka", service: "broker-1.example.com", port: 9094 });
});
