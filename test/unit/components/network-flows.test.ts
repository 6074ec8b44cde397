import test from "ava";
import { flow, flowsFrom, policySpec } from "../../../components/capabilities/network-flows.ts";

const flows = [flow("api", "postgres", 5432), flow("web", "api", 8080)];
const dns = {
  to: [
    {
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
      podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
    },
    { ipBlock: { cidr: "169.254.20.10/32" } },
  ],
  ports: [
    { protocol: "UDP", port: 53 },
    { protocol: "TCP", port: 53 },
  ],
};

test("an app in the middle gets one side of each of its flows, and DNS (X05)", (t) => {
  t.deepEqual(policySpec("api", flows), {
    podSelector: { matchLabels: { app: "api" } },
    policyTypes: ["Ingress", "Egress"],
    ingress: [{ from: [{ podSelector: { matchLabels: { app: "web" } } }], ports: [{ protocol: "TCP", port: 8080 }] }],
    egress: [
      dns,
      { to: [{ podSelector: { matchLabels: { app: "postgres" } } }], ports: [{ protocol: "TCP", port: 5432 }] },
    ],
  });
});

test("an app that opens no connection may not even ask for names, unless it is said to need them (X05)", (t) => {
  const closed = { policyTypes: ["Ingress", "Egress"], egress: [] };
  t.deepEqual(policySpec("stranger", flows), {
    ...closed,
    podSelector: { matchLabels: { app: "stranger" } },
    ingress: [],
  });
  t.deepEqual(policySpec("postgres", flows), {
    ...closed,
    podSelector: { matchLabels: { app: "postgres" } },
    ingress: [{ from: [{ podSelector: { matchLabels: { app: "api" } } }], ports: [{ protocol: "TCP", port: 5432 }] }],
  });
  t.deepEqual(policySpec("postgres", flows, { resolving: ["postgres"] }).egress, [dns]);
});

test("those outside are pods of a namespace, all of them or some, or addresses, and each has a flow of its own (X05)", (t) => {
  const outside = [
    { namespace: "traefik", labels: { app: "traefik" } },
    { namespace: "edge" },
    { cidr: "192.0.2.0/24" },
  ];
  t.deepEqual(
    policySpec("api", flowsFrom(outside, "api", 8080, 8443)).ingress as unknown,
    [
      {
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "traefik" } },
        podSelector: { matchLabels: { app: "traefik" } },
      },
      { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "edge" } } },
      { ipBlock: { cidr: "192.0.2.0/24" } },
    ].map((peer) => ({
      from: [peer],
      ports: [
        { protocol: "TCP", port: 8080 },
        { protocol: "TCP", port: 8443 },
      ],
    })),
  );
  t.deepEqual(flowsFrom([], "api", 8080), []);
});
