import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { parseAllDocuments } from "yaml";
import { checkout } from "../../../scripts/support/checkout.ts";

const objects = parseAllDocuments(readFileSync(join(checkout, "cluster/local/addons/coredns.yaml"), "utf8")).map(
  (document) => document.toJS() as Record<string, any>,
);
const find = (kind: string) => objects.find((object) => object["kind"] === kind)!;

test("CoreDNS listens at the port that network policies name, which is the one a packet arrives at", (t) => {
  t.is(find("ConfigMap")["data"].Corefile.split("\n")[0], ".:53 {");
  t.deepEqual(
    find("Deployment")["spec"].template.spec.containers[0].ports.map(
      ({ containerPort, protocol }: { containerPort: number; protocol: string }) => `${protocol}/${containerPort}`,
    ),
    ["UDP/53", "TCP/53"],
  );
  t.deepEqual(
    find("Service")["spec"].ports.map(({ port, targetPort }: { port: number; targetPort: string }) => [
      port,
      targetPort,
    ]),
    [
      [53, "dns"],
      [53, "dns-tcp"],
    ],
  );
});

test("CoreDNS may listen there without a right of root's", (t) => {
  const { securityContext, containers } = find("Deployment")["spec"].template.spec;
  t.deepEqual(securityContext, {
    runAsNonRoot: true,
    seccompProfile: { type: "RuntimeDefault" },
    sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value: "53" }],
  });
  t.deepEqual(containers[0].securityContext, {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  });
});
