import test from "ava";
import type { Manifest } from "../../../scripts/support/declared-objects.ts";
import { allContainers, find, podSpec } from "../../support/objects.ts";
import { flowTables } from "../../support/flow-tables.ts";
import { listedNamespaces, listedOf } from "../../support/listed-systems.ts";
import { stackVariant } from "../../support/stack-variant.ts";
import { differences, expected, podLabels, policies, rendered, selects } from "../../support/flow-matrix.ts";

const stacks = { dev: await stackVariant("dev"), prod: await stackVariant("prod") };
const tables = { dev: await flowTables("dev"), prod: await flowTables("prod") };

/** Apps that answer and ask nobody. */
const withoutWayOut = {
  dev: [
    "api-gateway/configuration-backup",
    "api-gateway/redis",
    "api-gateway/upstream-service",
    "data/postgres",
    "data/redis",
    "edi/mysql",
    "platform/postgres",
    "platform/redis",
    "techbra-test/postgres",
    "techbra-test/redis",
  ],
  prod: [
    "api-gateway/acme-solver",
    "api-gateway/redis",
    "api-gateway/upstream-service",
    "data/postgres",
    "data/redis",
    "edi/acme-solver",
    "platform/acme-solver",
    "platform/postgres",
    "platform/redis",
    "techbra-test/jaeger",
    "techbra-test/postgres",
    "techbra-test/redis",
  ],
};

for (const stack of ["dev", "prod"] as const) {
  const { objects, targets } = stacks[stack];
  const listed = listedOf(stacks[stack]).objects;
  const wanted = expected(tables[stack]);
  const found = rendered(objects);

  test(`${stack}: the policies of all systems open exactly the flows of their tables, on both sides (X05)`, (t) => {
    t.deepEqual(differences(found, wanted), []);
    t.true(wanted.ingress.size > 40 && wanted.egress.size > 80, `${wanted.ingress.size} and ${wanted.egress.size}`);
  });

  test(`${stack}: what one app may open to another, the other lets in, and nothing else (X05)`, (t) => {
    const between = (side: ReadonlySet<string>) =>
      [...side].filter((line) => /^\S+: [a-z0-9-]+ -> [a-z0-9-]+ TCP\/\d+$/.test(line)).sort();
    t.deepEqual(between(found.ingress), between(found.egress));
    t.true(between(found.ingress).length > 35);
  });

  test(`${stack}: an app asks the cluster's resolver where it opens connections, and Kafka for its own name (X05)`, (t) => {
    const silent = policies(listed)
      .filter(({ spec }) => spec.egress.length === 0)
      .map(({ name, namespace }) => `${namespace}/${name}`);
    t.deepEqual(silent.sort(), withoutWayOut[stack]);
    for (const { name, namespace } of policies(objects).filter(({ spec }) => spec.egress.length > 0)) {
      for (const port of ["UDP/53", "TCP/53"])
        t.true(
          found.egress.has(`${namespace}: ${name} -> namespace kube-system {"k8s-app":"kube-dns"} ${port}`),
          `${namespace}/${name}`,
        );
    }
  });

  test(`${stack}: of all that runs in the controller's namespace its own pods come in, and only to apps that an Ingress leads to (X05)`, (t) => {
    const from =
      stack === "prod"
        ? 'namespace traefik {"app.kubernetes.io/name":"traefik"}'
        : 'namespace kube-system {"app.kubernetes.io/name":"traefik"}';
    const backends = [
      "api-gateway/nginx",
      "data/bgc-api",
      "data/bgc-web",
      "edi/bots-webserver",
      "platform/platform-service",
    ].map((each) => (stack === "dev" ? each.replace("nginx", "proxy-service") : each));
    const solvers = stack === "prod" ? ["api-gateway/acme-solver", "edi/acme-solver", "platform/acme-solver"] : [];
    const entered = [...rendered(listed).ingress]
      .filter((line) => /: namespace (traefik|kube-system)/.test(line))
      .map((line) => line.match(/^(\S+): (.*) -> (\S+) TCP\/\d+$/)!.slice(1));
    t.deepEqual(entered.map(([namespace, , app]) => `${namespace}/${app}`).sort(), [...backends, ...solvers].sort());
    t.deepEqual([...new Set(entered.map(([, who]) => who))], [from]);
  });

  test(`${stack}: no opening is to everybody or on every port (X05)`, (t) => {
    t.deepEqual(
      [...found.ingress, ...found.egress].filter((line) =>
        /every(body| namespace| port)|undefined| 0\.0\.0\.0\/0/.test(line),
      ),
      [],
    );
  });

  test(`${stack}: each namespace denies what nobody allows, in both directions (X05)`, (t) => {
    for (const { namespace } of targets) {
      const own = objects.filter(({ metadata }) => metadata.namespace === namespace);
      t.deepEqual(
        find(own, "NetworkPolicy", "default-deny")["spec"],
        { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
        namespace,
      );
      for (const { name, spec } of policies(own))
        t.deepEqual(spec.policyTypes, ["Ingress", "Egress"], `${namespace}/${name}`);
    }
  });

  test(`${stack}: every pod is selected by one policy, and every policy selects a pod (X05)`, (t) => {
    // cert-manager proves each certificate's host by a pod of its own, beside it.
    const certificates = objects.filter(({ kind }) => kind === "Certificate");
    const solvers = certificates.map(({ metadata }) => ({
      name: `solver of ${metadata.name}`,
      namespace: metadata.namespace!,
      labels: { "acme.cert-manager.io/http01-solver": "true" },
    }));
    const pods = [...podLabels(objects), ...solvers];
    t.is(
      certificates.filter(({ metadata }) => listedNamespaces.includes(metadata.namespace!)).length,
      stack === "prod" ? 3 : 0,
    );
    t.true(pods.length > 40, String(pods.length));
    for (const { name, namespace, labels } of pods) {
      t.is(
        policies(objects, namespace).filter(({ spec }) => selects(spec.podSelector.matchLabels, labels)).length,
        1,
        `${namespace}/${name}`,
      );
    }
    for (const policy of policies(objects)) {
      t.true(
        pods.some(
          ({ namespace, labels }) =>
            namespace === policy.namespace && selects(policy.spec.podSelector.matchLabels, labels),
        ),
        `${policy.namespace}/${policy.name}`,
      );
    }
  });

  test(`${stack}: every Service that a pod is given the address of is one it may reach (X05)`, (t) => {
    t.deepEqual(unreachable(objects), []);
  });
}

const changed = (
  change: (policy: ReturnType<typeof policies>[number]["spec"], objects: Manifest[]) => void,
  name: string,
) => {
  const objects = structuredClone([...stacks.prod.objects]);
  change(policies(objects, "platform").find((each) => each.name === name)!.spec, objects);
  return differences(rendered(objects), expected(tables.prod));
};

test("a policy that is removed, a port that is changed and a peer that is added are each seen (X05)", (t) => {
  t.deepEqual(
    changed(
      (spec, objects) =>
        void objects.splice(
          objects.findIndex((object) => object["spec"] === spec),
          1,
        ),
      "audit-retention",
    ),
    [
      "egress is closed: platform: audit-retention -> 169.254.20.10/32 TCP/53",
      "egress is closed: platform: audit-retention -> 169.254.20.10/32 UDP/53",
      'egress is closed: platform: audit-retention -> namespace kube-system {"k8s-app":"kube-dns"} TCP/53',
      'egress is closed: platform: audit-retention -> namespace kube-system {"k8s-app":"kube-dns"} UDP/53',
      "egress is closed: platform: audit-retention -> postgres TCP/5432",
      "ingress is closed: platform: audit-retention -> postgres TCP/5432",
      'ingress is open to nobody\'s knowledge: platform: pods {"app":"audit-retention"} -> postgres TCP/5432',
    ],
  );
  t.deepEqual(
    changed((spec) => void Object.assign(spec.ingress[0]!.ports[0]!, { port: 6380 }), "redis"),
    [
      "ingress is closed: platform: platform-service -> redis TCP/6379",
      "ingress is open to nobody's knowledge: platform: platform-service -> redis TCP/6380",
    ],
  );
  t.deepEqual(
    changed((spec) => void Object.assign(spec.egress[1]!, { to: [] }), "audit-retention"),
    [
      "egress is closed: platform: audit-retention -> postgres TCP/5432",
      "egress is open to nobody's knowledge: platform: audit-retention -> everybody TCP/5432",
    ],
  );
});

test("an address without a way to it is seen (X05)", (t) => {
  const objects = structuredClone(stacks.dev.objects);
  const { spec } = policies(objects, "platform").find(({ name }) => name === "platform-service")!;
  t.deepEqual(spec.egress.pop()?.ports as unknown, [{ protocol: "TCP", port: 6379 }]);
  t.deepEqual(unreachable(objects), ["platform/platform-service: REDIS_HOST is redis"]);
});

/** Services whose address stands in a pod's environment and whose pods its policy does not let it reach. */
function unreachable(objects: readonly Manifest[]): string[] {
  const { egress } = rendered(objects);
  return podLabels(objects).flatMap(({ name, namespace, labels }) => {
    const own = objects.filter(({ metadata }) => metadata.namespace === namespace);
    const appOf = (pod: Readonly<Record<string, string>>) =>
      policies(own).find(({ spec }) => selects(spec.podSelector.matchLabels, pod))!.name;
    const [kind, objectName] = name.split("/") as [string, string];
    const addresses = allContainers(podSpec(find(own, kind, objectName)))
      .flatMap(({ env }) => env ?? [])
      .filter(
        (variable) => variable.value !== undefined && /(HOST|URL|BROKERS|BOOTSTRAP|SERVERS)$/.test(variable.name),
      );
    return own
      .filter((object) => object.kind === "Service")
      .flatMap(({ metadata, ...service }) => {
        const { selector, ports } = service["spec"] as { selector: Record<string, string>; ports: { port: number }[] };
        const named = new RegExp(`(^|[/,.@])${metadata.name}(\\.${namespace}\\.svc)?(:${ports[0]!.port}|$)`);
        const users = addresses.filter(({ value }) => named.test(value));
        const open =
          appOf(labels) === appOf(selector) ||
          egress.has(`${namespace}: ${appOf(labels)} -> ${appOf(selector)} TCP/${ports[0]!.port}`);
        return open ? [] : users.map((variable) => `${namespace}/${objectName}: ${variable.name} is ${metadata.name}`);
      });
  });
}
