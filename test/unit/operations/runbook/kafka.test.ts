import test from "ava";
import type { Target } from "../../../../components/systems/target.ts";
import type { ExecIn } from "../../../../operations/runbook/exec.ts";
import { fakeCluster, type Thing } from "../../../support/fake-cluster.ts";
import { runbook, shop } from "../../../support/runbook.ts";

const target: Target = {
  ...shop,
  workloads: [{ kind: "StatefulSet", name: "kafka", replicas: 1 }],
  dataStores: [{ kind: "kafka", name: "kafka", service: "kafka", port: 9092 }],
  objectives: { consumerLag: 1000 },
};
const broker = (ready: boolean): Thing[] => [
  {
    kind: "StatefulSet",
    metadata: { name: "kafka" },
    spec: { replicas: 1, selector: { matchLabels: { app: "kafka" } }, template: { spec: { containers: [] } } },
  },
  {
    kind: "Pod",
    metadata: {
      name: "kafka-0",
      labels: { app: "kafka" },
      ownerReferences: [{ kind: "StatefulSet", name: "kafka", uid: "k", controller: true }],
    },
    spec: { containers: [{ name: "kafka" }] },
    status: { phase: "Running", conditions: [{ type: "Ready", status: ready ? "True" : "False" }] },
  },
];
const says = (said: string, succeeded = true): { exec: ExecIn; asked: string[] } => {
  const asked: string[] = [];
  return {
    asked,
    exec: ({ namespace, pod, container }, command) => (
      asked.push(`${namespace}/${pod} ${container}: ${command.join(" ")}`), Promise.resolve({ succeeded, said })
    ),
  };
};

const groups = `
GROUP               TOPIC          PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG             CONSUMER-ID                 HOST            CLIENT-ID
order-service-group order.events   0          120             520             400             order-1-aaa                 /10.0.0.1       order-1
order-service-group order.events   1          100             700             600             order-2-bbb                 /10.0.0.2       order-2
order-service-group payment.events 0          -               7               -               order-1-aaa                 /10.0.0.1       order-1

Consumer group 'billing-service-group' has no active members.

GROUP                 TOPIC          PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG             CONSUMER-ID     HOST            CLIENT-ID
billing-service-group order.events   0          10              12              2               -               -               -
billing-service-group stock.events   0          10              10              0               -               -               -
`;

test("lag adds up what waits by group and topic, and fails where it is too much or nobody reads it (T07, T08)", async (t) => {
  const { exec, asked } = says(groups);
  const { code, stdout } = await runbook(await fakeCluster(t, broker(true)), ["lag"], { targets: [target], exec });
  t.deepEqual(asked, [
    "data/kafka-0 kafka: kafka-consumer-groups --bootstrap-server localhost:9092 --describe --all-groups",
  ]);
  t.deepEqual(
    [code, stdout.split("\n")],
    [
      1,
      [
        "bgc-platform (namespace data)",
        "  FAIL order-service-group on order.events: 1000 messages wait, 2 read, fewer than 1000 are wanted",
        "  ok   order-service-group on payment.events: 0 messages wait, 1 read, 1 of 1 partitions were never read, fewer than 1000 are wanted",
        "  FAIL billing-service-group on order.events: 2 messages wait, nobody reads",
        "  ok   billing-service-group on stock.events: 0 messages wait, nobody reads, fewer than 1000 are wanted",
        "lag of stack dev on here: 2 yes, 2 no",
        "",
      ],
    ],
  );
});

test("lag of a group that Kafka does not know is wrong usage, and that of one group is all that counts", async (t) => {
  const cluster = await fakeCluster(t, broker(true));
  const one = { targets: [{ ...target, objectives: { consumerLag: 1001 } }], ...says(groups) };
  t.is((await runbook(cluster, ["lag", "bgc-platform", "order-service-group"], one)).code, 0);
  const { code, stderr } = await runbook(cluster, ["lag", "bgc-platform", "orders"], one);
  t.deepEqual(
    [code, stderr],
    [
      2,
      'Kafka knows no consumer group "orders"; the nearest is "order-service-group"; there are billing-service-group, order-service-group\n',
    ],
  );
});

const described = (inSync: string, leader = "0") =>
  [
    "Topic: order.events\tTopicId: x\tPartitionCount: 2\tReplicationFactor: 3\tConfigs: min.insync.replicas=2",
    "\tTopic: order.events\tPartition: 0\tLeader: 0\tReplicas: 0,1,2\tIsr: 0,1,2\tElr: \tLastKnownElr: ",
    `\tTopic: order.events\tPartition: 1\tLeader: ${leader}\tReplicas: 0,1,2\tIsr: ${inSync}\tElr: \tLastKnownElr: `,
  ].join("\n");

test("topics names each partition that lacks a copy or a leader (T09)", async (t) => {
  const cluster = await fakeCluster(t, broker(true));
  const seen = async (said: string) => {
    const { code, stdout } = await runbook(cluster, ["topics"], { targets: [target], ...says(said) });
    return [code, stdout.split("\n")[1]];
  };
  t.deepEqual(await seen(described("2,1,0")), [0, "  ok   topic order.events: 2 partitions, 3 copies each"]);
  t.deepEqual(await seen(described("0,2")), [
    1,
    "  FAIL topic order.events: 2 partitions, 3 copies each; partition 1 has no copy in sync on broker 1",
  ]);
  t.deepEqual(await seen(described("", "none")), [
    1,
    "  FAIL topic order.events: 2 partitions, 3 copies each; partition 1 has no leader",
  ]);
});

test("a Kafka that cannot be asked is not measured, with the reason, and a system without one has nothing to show", async (t) => {
  const seen = async (ready: boolean, one: Target, said: ReturnType<typeof says>) => {
    const { code, stdout } = await runbook(await fakeCluster(t, broker(ready)), ["lag"], { targets: [one], ...said });
    return [code, stdout.split("\n")[1]];
  };
  t.deepEqual(await seen(false, target, says(groups)), [
    1,
    "  ?    consumer groups: not measured, no broker of Kafka is Ready: kafka-0: starts",
  ]);
  t.deepEqual(await seen(true, target, says("Error: timeout\nTimed out waiting for a node", false)), [
    1,
    "  ?    consumer groups: not measured, kafka-consumer-groups in kafka-0: Timed out waiting for a node",
  ]);
  t.deepEqual(await seen(true, { ...target, workloads: [] }, says(groups)), [
    1,
    "  ?    consumer groups: not measured, this Kafka is run by an operator or by somebody else: ask there",
  ]);
  t.deepEqual(await seen(true, shop, says(groups)), [0, ""]);
});
