import test from "ava";
import { flow, policySpec } from "../../../components/capabilities/network-flows.ts";

const flows = [flow("api", "postgres", 5432), flow("web", "api", 8080)];
const dns = {
  to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } }, podSelector: { matchLabels: { "k8s-app": "kube-dns" } } }, { ipBlock: { cidr: "169.254.20.10/32" } }],
  ports: [{ protocol: "UDP", port: 53 }, { protocol: "TCP", port: 53 }],
};

test("an app in the middle gets one side of each of its flows, and DNS (X05)", (t) => {
  t.deepEqual(policySpec("api", flows), {
    podSelector: { matchLabels: { app: "api" } },
    policyTypes: ["Ingress", "Egress"],
    ingress: [{ from: [{ podSelector: { matchLabels: { app: "web" } } }], ports: [{ protocol: "TCP", port: 8080 }] }],
    egress: [dns, { to: [{ podSelector: { matchLabels: { app: "postgres" } } }], ports: [{ protocol: "TCP", port: 5432 }] }],
  });
});

test("an app without flows may ask DNS and nothing else", (t) => {
  t.deepEqual(policySpec("stranger", flows), { podSelector: { matchLabels: { app: "stranger" } }, policyTypes: ["Ingress", "Egress"], ingress: [], egress: [dns] });
});
