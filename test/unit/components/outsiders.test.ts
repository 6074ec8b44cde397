import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { parse } from "yaml";
import { checkout } from "../../../scripts/support/checkout.ts";
import { from } from "./support/stated.ts";

const refused = (problem: string) => ({ message: `the stack's configuration has 1 wrong value:\n  ${problem}` });
const forms =
  "expected { namespace: ..., labels: ... } for a controller in pods, or { cidrs: [...] } for one that is no pod or is on its node's network";

test("requests come in from k3s' own Traefik, and from nothing else of kube-system, unless the stack says otherwise (X05)", (t) => {
  const traefik = { namespace: "kube-system", labels: { "app.kubernetes.io/name": "traefik" } };
  t.deepEqual([from({})().ingress, from({ ingress: { namespace: "kube-system" } })().ingress], [[traefik], [traefik]]);
  t.deepEqual(from({ ingress: { namespace: "kube-system", labels: { app: "haproxy" } } })().ingress, [
    { namespace: "kube-system", labels: { app: "haproxy" } },
  ]);
  t.deepEqual(from({ ingress: { namespace: "edge" } })().ingress, [{ namespace: "edge" }]);
  t.deepEqual(from({ ingress: { cidrs: ["10.0.1.0/24", "10.0.2.0/24"] } })().ingress, [
    { cidr: "10.0.1.0/24" },
    { cidr: "10.0.2.0/24" },
  ]);
});

test("a controller is in pods or has addresses, not both and not neither (X05)", (t) => {
  for (const ingress of [
    {},
    { namespace: "edge", cidrs: ["192.0.2.0/24"] },
    { labels: { app: "traefik" } },
    { cidrs: ["192.0.2.0/24"], labels: { app: "traefik" } },
  ]) {
    t.throws(from({ ingress }), refused(`ingress: ${forms} (is ${JSON.stringify(ingress)})`));
  }
  t.throws(from({ ingress: { cidr: "192.0.2.0/24" } }), {
    message:
      /^ {2}ingress\.cidr: there is no such setting; the nearest is "cidrs"; there are cidrs, labels, namespace$/m,
  });
  t.throws(from({ ingress: "edge" }), refused(`ingress: ${forms} (is "edge")`));
  t.throws(
    from({ ingress: { namespace: "kube-system", labels: {} } }),
    refused("ingress.labels: names no label: name those of the pods, or leave it out (is {})"),
  );
});

test("metrics are for nobody outside unless the stack names a namespace, and labels of pods there (P09)", (t) => {
  t.deepEqual(from({})().monitoring, []);
  t.deepEqual(from({ monitoring: { namespace: "observability" } })().monitoring, [{ namespace: "observability" }]);
  t.deepEqual(from({ monitoring: { namespace: "observability", labels: { app: "prometheus" } } })().monitoring, [
    { namespace: "observability", labels: { app: "prometheus" } },
  ]);
  t.throws(
    from({ monitoring: "observability" }),
    refused('monitoring: expected { namespace: ..., labels: ... }, where labels may be left out (is "observability")'),
  );
});

test("the lines that docs/ingress.md says to write are settings of a stack", (t) => {
  const lines = [
    ...readFileSync(join(checkout, "docs/ingress.md"), "utf8").matchAll(/`((?:ingress|monitoring): \{[^`]*\})`/g),
  ].map(([, line]) => line!);
  t.is(lines.length, 4);
  for (const line of lines) t.notThrows(from(parse(line) as Record<string, unknown>), line);
});

test("the former names, which took a namespace alone, are answered with the lines to write", (t) => {
  t.throws(
    from({ ingressNamespace: "edge" }),
    refused('ingressNamespace: is ingress now; write ingress: { namespace: edge } (is "edge")'),
  );
  t.throws(
    from({ monitoringNamespace: "observability" }),
    refused(
      'monitoringNamespace: is monitoring now; write monitoring: { namespace: observability } (is "observability")',
    ),
  );
});
