import test from "ava";
import { listedOf } from "../../support/listed-systems.ts";
import { stackVariant } from "../../support/stack-variant.ts";
import { rendered } from "../../support/flow-matrix.ts";

const outside = (objects: Parameters<typeof rendered>[0], cidr: string, side: "ingress" | "egress") =>
  [...rendered(objects)[side]].filter((line) => line.includes(cidr)).sort();

test("a controller that is no pod comes in by its addresses, each of them, to every system that has a host (X05)", async (t) => {
  const { objects } = listedOf(await stackVariant("dev", { ingress: { cidrs: ["192.0.2.0/25", "192.0.2.128/25"] } }));
  t.deepEqual(outside(objects, "192.0.2.", "ingress"), [
    "api-gateway: 192.0.2.0/25 -> proxy-service TCP/5000",
    "api-gateway: 192.0.2.128/25 -> proxy-service TCP/5000",
    "data: 192.0.2.0/25 -> bgc-api TCP/8080",
    "data: 192.0.2.0/25 -> bgc-web TCP/8080",
    "data: 192.0.2.128/25 -> bgc-api TCP/8080",
    "data: 192.0.2.128/25 -> bgc-web TCP/8080",
    "edi: 192.0.2.0/25 -> bots-webserver TCP/8080",
    "edi: 192.0.2.128/25 -> bots-webserver TCP/8080",
    "platform: 192.0.2.0/25 -> platform-service TCP/8080",
    "platform: 192.0.2.128/25 -> platform-service TCP/8080",
  ]);
  t.deepEqual(
    [...rendered(objects).ingress].filter((line) => line.includes("kube-system")),
    [],
  );
});

test("EDI's partners and the payment provider are reached by the programs that talk to them, where the stack names them, and by nobody otherwise (E06, X05)", async (t) => {
  const { objects } = listedOf(
    await stackVariant("prod", {
      "bots-edi": { egress: { cidrs: ["203.0.113.64/28"], ports: [22, 443] } },
      "techbra-ecommerce": { billing: { egress: { cidrs: ["203.0.113.80/28"] } } },
    }),
  );
  t.deepEqual(
    outside(objects, "203.0.113.64/28", "egress"),
    ["bots-engine", "bots-jobqueue"].flatMap((app) =>
      [22, 443].map((port) => `edi: ${app} -> 203.0.113.64/28 TCP/${port}`),
    ),
  );
  t.deepEqual(outside(objects, "203.0.113.80/28", "egress"), [
    "techbra-test: billing-service -> 203.0.113.80/28 TCP/443",
  ]);
  const prod = listedOf(await stackVariant("prod"));
  t.deepEqual(outside(prod.objects, "203.0.113.", "egress"), ["data: integration-gateway -> 203.0.113.0/28 TCP/443"]);
});

test("Traefik leads to a host with TLS from its TLS entry point alone, and to one without from all (P05, E08, G11)", async (t) => {
  const tlsAlone = ["websecure", "true"];
  const seen = async (stack: string) =>
    Object.fromEntries(
      listedOf(await stackVariant(stack))
        .objects.filter(({ kind }) => kind === "Ingress")
        .map(({ metadata: { name, annotations = {} } }) => [
          name,
          ["entrypoints", "tls"].map((each) => annotations[`traefik.ingress.kubernetes.io/router.${each}`]),
        ]),
    );
  const plain = [undefined, undefined];
  t.deepEqual(await seen("dev"), {
    "bgc-api": plain,
    "bgc-web": plain,
    "platform-ingress": tlsAlone,
    "bots-edi-ingress": tlsAlone,
    "proxy-service": plain,
  });
  t.deepEqual(await seen("prod"), {
    "bgc-api": plain,
    "bgc-web": plain,
    "platform-ingress": tlsAlone,
    "bots-edi-ingress": tlsAlone,
    "proxy-service": tlsAlone,
  });
});
