import { examplesOf, object, stack } from "../example.ts";

type Reach = typeof import("../../../../policies/facts/network-reach.ts");

const pods = (name: string, { image = "shop/app:1", ports = [] as object[], namespace = "shop" } = {}) =>
  object("Deployment", name, {
    namespace,
    spec: { template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: "main", image, ports }] } } },
  });
const web = pods("web", {
  ports: [
    { name: "http", containerPort: 8080 },
    { name: "admin", containerPort: 9090 },
  ],
});
const api = pods("api");
const mixed = object("Deployment", "mixed", {
  spec: {
    template: {
      metadata: { labels: { app: "mixed" } },
      spec: {
        containers: [
          { name: "main", image: "app:1" },
          { name: "way-in", image: "envoy:1" },
        ],
      },
    },
  },
});
const outside = pods("tool", { namespace: "tools" });
const proxy = pods("proxy", { image: "registry.io/traefik:3" });
const tools = object("Namespace", "tools", { labels: { team: "ops" } });
const selector = (app: string) => ({ matchLabels: { app } });

/** Whether `web` takes port 8080 of a peer under policies with these specs. */
const takes =
  (peer: Parameters<Reach["lets"]>[2], ...specs: readonly object[]) =>
  ({ lets }: Reach) => {
    const policies = specs.map((spec, index) =>
      object("NetworkPolicy", `policy-${index}`, { spec: { podSelector: selector("web"), ...spec } }),
    );
    return lets("ingress", web, peer, 8080, stack(web, api, mixed, outside, proxy, tools, ...policies));
  };
const takesEach =
  (peer: Parameters<Reach["lets"]>[2], ...specs: readonly object[]) =>
  (helper: Reach) =>
    specs.map((spec) => takes(peer, spec)(helper));
const from = (...peers: readonly object[]) => ({ ingress: [{ from: peers }] });
const ports = (...list: readonly object[]) => ({ ingress: [{ ports: list }] });

/** Whether `api` may ask for a port of `web` under a policy of its own with these rules. */
const asks =
  (port: number, ...egress: readonly object[]) =>
  ({ lets }: Reach) =>
    lets(
      "egress",
      api,
      web,
      port,
      stack(
        web,
        api,
        object("NetworkPolicy", "out", { spec: { podSelector: selector("api"), policyTypes: ["Egress"], egress } }),
      ),
    );

export const networkReach = examplesOf<Reach>("policies/facts/network-reach.ts", {
  "pods that no policy selects take every peer": [
    (helper) => [
      takes(api)(helper),
      takes("ingress controller")(helper),
      takes(api, { podSelector: selector("other"), ingress: [] })(helper),
    ],
    [true, true, true],
  ],
  "a denial of all pods closes nothing here, and one of these pods does": [
    takesEach(
      api,
      { podSelector: {}, policyTypes: ["Ingress"] },
      { policyTypes: ["Ingress"] },
      { podSelector: {}, ...from({ podSelector: selector("other") }) },
    ),
    [true, false, false],
  ],
  "a policy about the other direction closes nothing": [takesEach(api, { policyTypes: ["Egress"] }), [true]],
  "a denial of all pods beside an opening leaves what is opened": [
    (helper) =>
      [selector("api"), selector("other")].map((podSelector) =>
        takes(api, { podSelector: {}, policyTypes: ["Ingress"] }, from({ podSelector }))(helper),
      ),
    [true, false],
  ],
  "one policy that opens is enough": [
    takes(api, from({ podSelector: selector("other") }), from({ podSelector: selector("api") })),
    true,
  ],
  "peers are pods of the policy's namespace by their labels": [
    takesEach(
      api,
      from({ podSelector: selector("api") }),
      from({ podSelector: selector("other") }),
      from({ podSelector: {} }),
      from(),
      from({ podSelector: selector("other") }, { podSelector: selector("api") }),
    ),
    [true, false, true, true, true],
  ],
  "pods of another namespace need a selector of namespaces": [
    takesEach(
      outside,
      from({ podSelector: selector("tool") }),
      from({ namespaceSelector: { matchLabels: { team: "ops" } } }),
      from({ namespaceSelector: { matchLabels: { team: "dev" } } }),
      from({ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "tools" } } }),
      from({ namespaceSelector: {}, podSelector: selector("tool") }),
      from({ namespaceSelector: {}, podSelector: selector("api") }),
    ),
    [false, true, false, true, true, false],
  ],
  "a block of addresses may hold any peer": [
    (helper) =>
      [api, outside, "ingress controller" as const].map((peer) =>
        takes(peer, from({ ipBlock: { cidr: "10.0.0.0/8" } }))(helper),
      ),
    [true, true, true],
  ],
  "an ingress controller is whoever is not declared, or says so by its image": [
    takesEach(
      "ingress controller",
      from({ namespaceSelector: { matchLabels: { any: "thing" } } }),
      from({ podSelector: selector("unknown") }),
      from({ podSelector: selector("api") }),
      from({ podSelector: selector("proxy") }),
      from({ podSelector: selector("mixed") }),
      from({ podSelector: {} }),
      from({ podSelector: { matchExpressions: [{ key: "app", operator: "In", values: ["api"] }] } }),
      from({ podSelector: { matchExpressions: [{ key: "app", operator: "In", values: ["api", "proxy"] }] } }),
    ),
    [true, true, false, true, true, true, false, true],
  ],
  "ports are numbers, ranges and names": [
    takesEach(
      api,
      ports({ port: 8080 }),
      ports({ port: 8081 }),
      ports({ port: 8079 }),
      ports({ port: 8000, endPort: 8080 }),
      ports({ port: 8000, endPort: 8079 }),
      ports({ port: 8080, endPort: 8090 }),
      ports({ port: 8081, endPort: 8090 }),
      ports({ port: "http" }),
      ports({ port: "admin" }),
      ports({ port: "none" }),
      ports({ protocol: "TCP" }),
      ports({ port: null }),
      ports(),
      ports({ port: 1 }, { port: 8080 }),
    ),
    [true, false, false, true, false, true, false, true, false, false, true, true, true, true],
  ],
  "what a pod asks for is opened by its own policies": [
    (helper) =>
      [
        asks(8080, { to: [{ podSelector: selector("web") }] }),
        asks(8080, { to: [{ podSelector: selector("api") }] }),
        asks(8080),
        asks(9090, { ports: [{ port: "admin" }] }),
        asks(8080, { ports: [{ port: "admin" }] }),
        asks(8080, {}),
      ].map((ask) => ask(helper)),
    [true, false, false, true, false, true],
  ],
  "names of ports of an ingress controller are not known": [
    ({ lets }) => {
      const policy = object("NetworkPolicy", "out", {
        spec: { podSelector: selector("api"), policyTypes: ["Egress"], egress: [{ ports: [{ port: "http" }] }] },
      });
      return [
        lets("egress", api, "ingress controller", 80, stack(api, policy)),
        lets("egress", api, web, 80, stack(api, web, policy)),
      ];
    },
    [true, false],
  ],
  "a container's port has a number by its name": [
    ({ portNamed }) => [portNamed(web, "admin"), portNamed(web, "none"), portNamed(object("ConfigMap", "c"), "http")],
    [9090, undefined, undefined],
  ],
});
