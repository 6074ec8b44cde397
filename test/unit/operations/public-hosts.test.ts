import type { V1Ingress, V1IngressClass, V1Secret } from "@kubernetes/client-node";
import test from "ava";
import { selfSigned } from "../../../components/capabilities/self-signed.ts";
import { certifies, served } from "../../../operations/public-hosts.ts";

const classes = (...names: string[]): V1IngressClass[] => names.map((name) => ({ metadata: { name } }));
const ingress = (ingressClassName?: string, address?: string): V1Ingress => ({
  spec: { ...(ingressClassName && { ingressClassName }) },
  ...(address && { status: { loadBalancer: { ingress: [{ ip: address }] } } }),
});

test("an Ingress is served where its class is there, or where a controller gave it an address (P05)", (t) => {
  t.deepEqual(served(ingress("nginx"), classes("nginx", "internal")), {
    passed: true,
    detail: "class nginx, no address yet",
  });
  t.deepEqual(served(ingress("nginx", "192.0.2.7"), classes("nginx")), {
    passed: true,
    detail: "class nginx, address 192.0.2.7",
  });
  t.deepEqual(served(ingress(undefined, "192.0.2.7"), []), { passed: true, detail: "address 192.0.2.7" });
  t.deepEqual(
    served({ ...ingress(), metadata: { annotations: { "kubernetes.io/ingress.class": "nginx" } } }, classes("nginx")),
    { passed: true, detail: "class nginx, no address yet" },
  );
});

test("an Ingress without a class, or of one that is not there, is served by nobody, and the line says what to set (P05)", (t) => {
  t.deepEqual(served(ingress(), classes("nginx", "internal")), {
    passed: false,
    detail:
      "no controller serves it: it has no class and the cluster had no default one; there are nginx, internal: set ingressClass to one of them",
  });
  t.deepEqual(served(ingress("nginx"), classes("traefik")), {
    passed: false,
    detail:
      "no controller serves it: the cluster has no IngressClass nginx; there are traefik: set ingressClass to one of them",
  });
  t.deepEqual(served(ingress("nginx"), []), {
    passed: false,
    detail:
      "no controller serves it: the cluster has no IngressClass nginx; there are none: set ingressClass to one of them",
  });
});

test("a cluster without an ingress controller serves nobody, and that is said and no failure", (t) => {
  t.deepEqual(served(ingress(), []), {
    passed: true,
    detail: "nobody serves it, as the cluster has no ingress controller",
  });
});

const now = new Date("2026-03-01T12:00:00Z");
const secret = (hosts: [string, ...string[]], annotations = {}): V1Secret => ({
  metadata: { annotations },
  data: { "tls.crt": Buffer.from(selfSigned("seed", hosts).certificate).toString("base64") },
});
const of = (given: V1Secret | undefined, host: string, at = now) => certifies(given, "tls-cert", "platform", host, at);

test("a certificate is for its host and not over, and a self-signed one says so (P05)", (t) => {
  t.deepEqual(of(secret(["api.example.com", "web.example.com"]), "web.example.com"), {
    passed: true,
    detail: "Secret tls-cert, until 2045-01-01",
  });
  t.deepEqual(of(secret(["*.example.com"]), "web.example.com"), {
    passed: true,
    detail: "Secret tls-cert, until 2045-01-01",
  });
  t.deepEqual(of(secret(["web.example.com"], { "production-platform/self-signed": "true" }), "web.example.com"), {
    passed: true,
    detail: "Secret tls-cert, until 2045-01-01, self-signed: browsers do not trust it",
  });
});

test("a certificate that is missing, for other hosts, or over fails with its Secret and where to look (P05)", (t) => {
  const see = 'see "kubectl describe certificate -n platform"';
  t.deepEqual(of(undefined, "web.example.com"), { passed: false, detail: `Secret tls-cert is not there: ${see}` });
  t.deepEqual(of({ data: { "tls.key": "AA==" } }, "web.example.com"), {
    passed: false,
    detail: `Secret tls-cert has no tls.crt: ${see}`,
  });
  t.deepEqual(of(secret(["api.example.com", "old.example.com"]), "web.example.com"), {
    passed: false,
    detail: `the certificate in Secret tls-cert is for api.example.com, old.example.com: ${see}`,
  });
  t.deepEqual(of(secret(["web.example.com"]), "web.example.com", new Date("2045-01-02T00:00:00Z")), {
    passed: false,
    detail: `the certificate in Secret tls-cert ended on 2045-01-01: ${see}`,
  });
});
