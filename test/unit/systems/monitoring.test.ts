import test from "ava";
import type { Manifest } from "../../../scripts/support/declared-objects.ts";
import { listedOf } from "../../support/listed-systems.ts";
import { stackVariant } from "../../support/stack-variant.ts";
import { podLabels, policies, rendered, selects } from "../../support/flow-matrix.ts";

const prod = listedOf(await stackVariant("prod"));
const named = listedOf(await stackVariant("prod", { monitoring: { namespace: "observability" } }));

/** Every pod template that asks to be scraped: its namespace, its policy, and where. */
function scraped(objects: readonly Manifest[]) {
  const annotations = (name: string) => {
    const [kind, objectName] = name.split("/");
    const object = objects.find((each) => each.kind === kind && each.metadata.name === objectName)!;
    return (
      (object["spec"] as { template?: { metadata: { annotations?: Record<string, string> } } }).template?.metadata
        .annotations ?? {}
    );
  };
  return podLabels(objects)
    .map((pod) => ({ ...pod, annotations: annotations(pod.name) }))
    .filter((pod) => pod.annotations["prometheus.io/scrape"] === "true")
    .map(({ namespace, labels, annotations }) => ({
      namespace,
      policy: policies(objects, namespace).find(({ spec }) => selects(spec.podSelector.matchLabels, labels))!.name,
      port: annotations["prometheus.io/port"]!,
      path: annotations["prometheus.io/path"]!,
    }));
}

test("a named monitoring namespace is let in to every port that tells metrics, and to nothing else (P09, G10, E13)", (t) => {
  const added = [...rendered(named.objects).ingress].filter((line) => !rendered(prod.objects).ingress.has(line)).sort();
  t.deepEqual(
    added,
    scraped(named.objects)
      .map(({ namespace, policy, port }) => `${namespace}: namespace observability -> ${policy} TCP/${port}`)
      .sort(),
  );
  t.deepEqual(added, [
    "api-gateway: namespace observability -> proxy-service TCP/5000",
    "api-gateway: namespace observability -> upstream-service TCP/5001",
    "data: namespace observability -> bgc-api TCP/8080",
    "data: namespace observability -> bgc-web TCP/8080",
    "data: namespace observability -> integration-gateway TCP/8081",
    "edi: namespace observability -> bots-webserver TCP/8080",
    "platform: namespace observability -> platform-service TCP/8080",
    "techbra-test: namespace observability -> bff TCP/8084",
    "techbra-test: namespace observability -> billing-service TCP/8082",
    "techbra-test: namespace observability -> inventory-service TCP/8083",
    "techbra-test: namespace observability -> order-service TCP/8081",
  ]);
});

test("labels let in Prometheus alone of all that runs in the monitoring namespace (P09, G10, E13)", async (t) => {
  const { objects } = listedOf(
    await stackVariant("prod", { monitoring: { namespace: "observability", labels: { app: "prometheus" } } }),
  );
  const narrow = [...rendered(named.objects).ingress]
    .filter((line) => line.includes("namespace observability ->"))
    .map((line) => line.replace("observability", 'observability {"app":"prometheus"}'));
  t.is(narrow.length, 11);
  t.deepEqual([...rendered(objects).ingress].filter((line) => line.includes("observability")).sort(), narrow.sort());
});

test("the queue's own image speaks no HTTP and is not scraped, and the contract server's queue is (E02)", async (t) => {
  const queue = async (stack: string) =>
    [...rendered((await stackVariant(stack, { monitoring: { namespace: "observability" } })).objects).ingress].filter(
      (line) => line.includes("-> bots-jobqueue"),
    );
  t.deepEqual(await queue("prod"), []);
  t.deepEqual(await queue("dev"), ["edi: namespace observability -> bots-jobqueue TCP/28082"]);
});

test("without a monitoring namespace nobody from outside but the ingress controller comes in", async (t) => {
  const outside = [...rendered(listedOf(await stackVariant("dev")).objects).ingress].filter((line) =>
    / namespace |\d\/\d/.test(line),
  );
  t.deepEqual(
    outside.filter((line) => !line.includes('namespace kube-system {"app.kubernetes.io/name":"traefik"} ->')),
    [],
  );
  t.is(outside.length, 5);
});

test("the shop's images tell their metrics where Spring does, and everything else under /metrics (T05)", async (t) => {
  const paths = (objects: readonly Manifest[], namespace: string) => [
    ...new Set(
      scraped(objects)
        .filter((each) => each.namespace === namespace)
        .map(({ path }) => path),
    ),
  ];
  t.deepEqual(paths(named.objects, "techbra-test"), ["/actuator/prometheus"]);
  for (const namespace of ["data", "platform", "edi", "api-gateway"])
    t.deepEqual(paths(named.objects, namespace), ["/metrics"], namespace);
  t.deepEqual(
    paths((await stackVariant("dev")).objects, "techbra-test"),
    ["/metrics"],
    "the contract server has one path for all",
  );
});

test("the name service may be asked where a node caches it, and at the addresses that a stack adds (X05)", async (t) => {
  const asked = (objects: readonly Manifest[]) =>
    [...rendered(objects).egress].filter((line) => line.startsWith("data: bgc-api -> ") && line.endsWith("/53")).sort();
  const resolver = 'data: bgc-api -> namespace kube-system {"k8s-app":"kube-dns"}';
  t.deepEqual(asked(prod.objects), [
    "data: bgc-api -> 169.254.20.10/32 TCP/53",
    "data: bgc-api -> 169.254.20.10/32 UDP/53",
    `${resolver} TCP/53`,
    `${resolver} UDP/53`,
  ]);
  const { objects } = await stackVariant("prod", { dnsCidrs: ["10.96.0.10/32"] });
  t.deepEqual(asked(objects), [
    "data: bgc-api -> 10.96.0.10/32 TCP/53",
    "data: bgc-api -> 10.96.0.10/32 UDP/53",
    `${resolver} TCP/53`,
    `${resolver} UDP/53`,
  ]);
});
