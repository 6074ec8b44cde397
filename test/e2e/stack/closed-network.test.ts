import { createServer } from "node:net";
import { closeToNeighbours, guardTable } from "../../../cluster/local/guard.ts";
import { removeRules } from "../../../cluster/local/packet-rules.ts";
import { enforcePolicies } from "../../../cluster/local/policies.ts";
import { addresses } from "../../../cluster/local/settings.ts";
import { ensureToolchain } from "../../../cluster/toolchain.ts";
import { command, kubectl } from "../../support/cluster.ts";
import { testOwn } from "../../support/own-cluster.ts";

/**
 * A network of two: this machine and a neighbour that sends the cluster's addresses to it. Documentation addresses, so
 * nobody has them.
 */
const neighbour = { namespace: "platform-neighbour", link: "neighbour0", machine: "198.51.100.1", own: "198.51.100.2" };

const sh = async (line: string): Promise<string> => {
  const { code, stdout, stderr } = await command("bash", ["-c", line]);
  if (code !== 0) throw new Error(`${line}: ${stderr}`);
  return stdout.trim();
};

const removeNeighbour = () =>
  sh(`ip link delete ${neighbour.link} 2>/dev/null; ip netns delete ${neighbour.namespace} 2>/dev/null; true`);

async function makeNeighbour(): Promise<void> {
  const { namespace, link, machine, own } = neighbour;
  await removeNeighbour();
  await sh(
    [
      `ip netns add ${namespace}`,
      `ip link add ${link} type veth peer name eth0 netns ${namespace}`,
      `ip address add ${machine}/30 dev ${link}`,
      `ip link set ${link} up`,
      `ip -n ${namespace} address add ${own}/30 dev eth0`,
      `ip -n ${namespace} link set eth0 up`,
      `ip -n ${namespace} route add default via ${machine}`,
    ].join(" && "),
  );
}

/** Whether the neighbour gets a connection; a refusal would be an answer too. */
const reaches = async (address: string, port: number): Promise<boolean> => {
  const { code, stderr } = await command("ip", [
    "netns",
    "exec",
    neighbour.namespace,
    "timeout",
    "3",
    "bash",
    "-c",
    `</dev/tcp/${address}/${port}`,
  ]);
  return code === 0 || stderr.includes("refused");
};

testOwn("a neighbour of this machine reaches no pod, no Service, no kubelet and not the API server", async (t) => {
  t.timeout(120_000);
  const { clusterBin } = await ensureToolchain({ parts: "cluster", print: () => {} });
  const kafka = await kubectl("get", "pod", "kafka-0", "-n", "techbra-test", "-o", "jsonpath={.status.podIP}");
  const service = (name: string, namespace: string) =>
    kubectl("get", "service", name, "-n", namespace, "-o", "jsonpath={.spec.clusterIP}");
  const doors: Record<string, readonly [address: string, port: number]> = {
    "Kafka's pod": [kafka, 9092],
    "Kafka's Service": [await service("kafka-kafka", "techbra-test"), 9092],
    "Postgres's Service": [await service("pg-postgresql", "data"), 5432],
    "the API server's Service": [addresses.api, 443],
    "the API server at the node's address": [addresses.node, addresses.apiPort],
    "the API server at the machine's address": [neighbour.machine, addresses.apiPort],
    "the kubelet": [addresses.node, 10250],
  };
  const open = async () =>
    (
      await Promise.all(
        Object.entries(doors).map(async ([name, [address, port]]) => ((await reaches(address, port)) ? [name] : [])),
      )
    ).flat();
  await makeNeighbour();
  const listener = createServer((socket) => socket.destroy());
  try {
    await new Promise<void>((resolve) => listener.listen(0, neighbour.machine, resolve));
    t.true(
      await reaches(neighbour.machine, (listener.address() as { port: number }).port),
      "the neighbour reaches the machine itself",
    );
    t.deepEqual(await open(), []);
    await sh(`/usr/sbin/nft delete table ${guardTable}`);
    t.deepEqual(
      await open(),
      Object.keys(doors).filter((name) => /API server|kubelet/.test(name)),
      "without the rules those would be open that no network policy closes",
    );
    await removeRules();
    t.deepEqual(await open(), Object.keys(doors), "without both each of them would be open");
  } finally {
    await closeToNeighbours();
    await enforcePolicies(clusterBin, () => {});
    listener.close();
    await removeNeighbour();
  }
  t.deepEqual(await kubectl("get", "--raw", "/readyz"), "ok", "this machine still reaches the API server");
});
