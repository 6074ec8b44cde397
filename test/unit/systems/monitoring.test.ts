import test from "ava";
import { stackVariant } from "../../support/stack-variant.ts";
import type { Manifest } from "../../../scripts/support/declared-objects.ts";
import { podLabels, policies, rendered, selects } from "./support/flow-matrix.ts";

const without = await stackVariant("prod", { monitoringNamespace: "" });
const named = await stackVariant("prod", { monitoringNamespace: "observability" });

/** Every pod template that asks to be scraped: its namespace, its policy, and where. */
function scraped(objects: readonly Manifest[]) {
  const annotations = (name: string) => {
    const [kind, objectName] = name.split("/");
    const object = objects.find((each) => each.kind === kind && each.metadata.name === objectName)!;
    return (object["spec"] as { template?: { metadata: { annotations?: Record<string, string> } } }).template?.metadata.annotations ?? {};
  };
  return podLabels(objects).map((pod) => ({ ...pod, annotations: annotations(pod.name) })).filter((pod) => pod.annotations["prometheus.io/scrape"] === "true").map(({ namespace, labels, annotations }) => ({
    namespace,
    policy: policies(objects, namespace).find(({ spec }) => selects(spec.podSelector.matchLabels, labels))!.name,
    port: annotations["prometheus.io/port"]!,
    path: annotations["prometheus.io/path"]!,
  }));
}

test("a named monitoring namespace is let in to every port that tells metrics, and to nothing else (P09, G10, E13)", (t) => {
  const added = [...rendered(named.objects).ingress].filter((line) => !rendered(without.objects).ingress.has(line)).sort();
  t.deepEqual(added, scraped(named.objects).map(({ namespace, policy, port }) => `${namespace}: namespace observability -> ${policy} TCP/${port}`).sort());
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

test("the queue's own image speaks no HTTP and is not scraped, and the contract server's queue is (E02)", async (t) => {
  const queue = async (stack: string) => [...rendered((await stackVariant(stack, { monitoringNamespace: "observability" })).objects).ingress].filter((line) => line.includes("-> bots-jobqueue"));
  t.deepEqual(await queue("prod"), []);
  t.deepEqual(await queue("dev"), ["edi: namespace observability -> bots-jobqueue TCP/28082"]);
});

test("without a monitoring namespace nobody from outside may fetch metrics", (t) => {
  t.deepEqual([...rendered(without.objects).ingress].filter((line) => / namespace /.test(line) && !/ namespace (ingress-nginx|keda) -> /.test(line)), []);
});

test("the shop's images tell their metrics where Spring does, and everything else under /metrics (T05)", async (t) => {
  const paths = (objects: readonly Manifest[], namespace: string) => [...new Set(scraped(objects).filter((each) => each.namespace === namespace).map(({ path }) => path))];
  t.deepEqual(paths(named.objects, "techbra-test"), ["/actuator/prometheus"]);
  for (const namespace of ["data", "platform", "edi", "api-gateway"]) t.deepEqual(paths(named.objects, namespace), ["/metrics"], namespace);
  t.deepEqual(paths((await stackVariant("dev")).objects, "techbra-test"), ["/metrics"], "the contract server has one path for all");
});

test("the name service may be asked where a node caches it, and at the addresses that a stack adds (X05)", async (t) => {
  const asked = (objects: readonly Manifest[]) => [...rendered(objects).egress].filter((line) => line.startsWith("data: redis -> ") && line.endsWith("/53")).sort();
  const resolver = 'data: redis -> namespace kube-system {"k8s-app":"kube-dns"}';
  t.deepEqual(asked(without.objects), ["data: redis -> 169.254.20.10/32 TCP/53", "data: redis -> 169.254.20.10/32 UDP/53", `${resolver} TCP/53`, `${resolver} UDP/53`]);
  const { objects } = await stackVariant("prod", { dnsCidrs: ["10.96.0.10/32"] });
  t.deepEqual(asked(objects), ["data: redis -> 10.96.0.10/32 TCP/53", "data: redis -> 10.96.0.10/32 UDP/53", `${resolver} TCP/53`, `${resolver} UDP/53`]);
});
