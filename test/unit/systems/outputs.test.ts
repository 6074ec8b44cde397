import test from "ava";
import { outputsOf, targetsIn } from "../../../components/systems/outputs.ts";
import type { Target } from "../../../components/systems/target.ts";
import { listedOf } from "../../support/listed-systems.ts";
import { stackVariant } from "../../support/stack-variant.ts";

const shop: Target = {
  system: "shop",
  namespace: "shop-test",
  workloads: [{ kind: "Deployment", name: "web", replicas: 2 }],
  dataStores: [],
  objectives: { errorsPerHour: 1 },
  endpoints: [
    { name: "Web", host: "shop.local", service: "web", port: 8080, health: "/health" },
    { name: "Pay", host: "pay.example.com", tls: true, service: "pay", port: 8080, health: "/health" },
    { name: "Stock", service: "stock", port: 8080, health: "/health" },
  ],
};

test("a stack's outputs are the namespaces, the addresses of public hosts, and one value for operations", (t) => {
  t.deepEqual(outputsOf([shop]), {
    namespaces: { shop: "shop-test" },
    urls: { "shop Web": "http://shop.local", "shop Pay": "https://pay.example.com" },
    operations: `targets ${JSON.stringify([shop])}`,
  });
});

test("the value for operations is one text that is no JSON as a whole, which Pulumi's CLI would spread over a line a value", (t) => {
  const { operations } = outputsOf([shop]);
  t.throws(() => JSON.parse(operations) as unknown, { instanceOf: SyntaxError });
  t.notRegex(operations, /[\r\n]/);
});

test("operations read the targets of a stack, and those of one that an older version updated last", (t) => {
  t.deepEqual(targetsIn({ ...outputsOf([shop]) }), [shop]);
  t.deepEqual(targetsIn({ targets: [shop] }), [shop]);
  t.deepEqual(targetsIn({ ...outputsOf([shop]), targets: [] }), [shop]);
});

test("a stack without targets is refused with what it has", (t) => {
  const message = (there: string) =>
    `the stack's outputs do not say what its systems are: there are ${there}. Bring the stack up: npm run up`;
  t.throws(() => targetsIn({}), { message: message("none") });
  t.throws(() => targetsIn({ namespaces: {}, operations: "something else" }), {
    message: message("namespaces, operations"),
  });
});

test("dev: what the stack says to a person fits a screen of 24 lines", async (t) => {
  const { namespaces, urls } = outputsOf(listedOf(await stackVariant("dev")).targets);
  t.deepEqual(namespaces, {
    "bgc-platform": "data",
    "platform-service": "platform",
    "bots-edi": "edi",
    "resilient-api-gateway": "api-gateway",
    "techbra-ecommerce": "techbra-test",
  });
  t.deepEqual(urls, {
    "bgc-platform API": "http://api.bgc.localhost",
    "bgc-platform Web": "http://web.bgc.localhost",
    "platform-service Platform service": "https://platform-service.localhost",
    "bots-edi Bots": "https://bots-edi.localhost",
    "resilient-api-gateway Gateway": "http://gateway.localhost",
  });
});

test("an address of a target says https exactly where its Ingress has a certificate", async (t) => {
  for (const stack of ["dev", "prod"]) {
    const { objects, targets } = await stackVariant(stack);
    const secured = objects
      .flatMap(({ kind, spec }) => (kind === "Ingress" ? ((spec as { tls?: { hosts: string[] }[] }).tls ?? []) : []))
      .flatMap(({ hosts }) => hosts);
    const said = targets
      .flatMap(({ endpoints }) => endpoints)
      .filter(({ tls }) => tls)
      .map(({ host }) => host);
    t.deepEqual(said.sort(), [...secured].sort() as (string | undefined)[], stack);
  }
});
