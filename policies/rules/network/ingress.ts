import type { V1IngressBackend, V1ServiceSpec } from "@kubernetes/client-node";
import { ingressSpec } from "../../facts/ingress.ts";
import type { KubernetesObject } from "../../model/kubernetes-object.ts";
import { seesAllOf } from "../../model/ownership.ts";
import type { ObjectRule, Rule, StackRule } from "../rule.ts";

const base = { kinds: ["Ingress"], row: ["P05", "E08"], severity: "high" } as const;

const hosts: ObjectRule = {
  ...base,
  id: "P05-ingress-host",
  scope: "object",
  severity: "medium",
  title: "Ingresses name their hosts",
  rationale:
    "An Ingress for any host takes the requests for names that other teams have not declared yet, or have mistyped.",
  remediation: "spec:\n  rules:\n    - host: shop.example.com",
  admission: [
    {
      expression:
        'object.?spec.?rules.orValue([]).all(rule, rule.?host.orValue("") != "" && !rule.host.startsWith("*"))',
      message: "a rule is for any host, or for every host of a domain",
    },
    {
      expression: "!object.?spec.?defaultBackend.hasValue()",
      message: "defaultBackend takes every request that no other Ingress takes",
    },
  ],
  *check(object) {
    const { rules = [], defaultBackend } = ingressSpec(object);
    for (const [index, { host = "" }] of rules.entries()) {
      const path = `spec.rules[${index}].host`;
      if (host === "") yield { path, message: "a rule is for any host" };
      else if (host.startsWith("*")) yield { path, message: `a rule is for every host of a domain, ${host}` };
    }
    if (defaultBackend)
      yield { path: "spec.defaultBackend", message: "defaultBackend takes every request that no other Ingress takes" };
  },
};

const snippets: ObjectRule = {
  ...base,
  id: "P05-ingress-snippets",
  scope: "object",
  severity: "critical",
  title: "Ingresses set no configuration snippets",
  rationale:
    "A user who can write such an annotation can read the controller's token, and with it every Secret of the cluster (CVE-2021-25742).",
  remediation:
    "metadata:\n  annotations: {}   # without *-snippet: use the controller's own annotations, one for each setting",
  sources: { scanners: ["Checkov CKV_K8S_152", "Checkov CKV_K8S_153", "Checkov CKV_K8S_154"] },
  admission: [
    {
      expression: 'object.metadata.?annotations.orValue({}).all(key, !key.matches("-snippets?$"))',
      message: "an annotation puts text into the controller's configuration",
    },
  ],
  *check(object) {
    for (const key of Object.keys(object.annotations)) {
      if (/-snippets?$/.test(key))
        yield {
          path: `metadata.annotations["${key}"]`,
          message: `annotation ${key} puts text into the controller's configuration`,
        };
    }
  },
};

const backend: StackRule = {
  ...base,
  id: "P05-ingress-backend",
  scope: "stack",
  title: "Ingresses send to Services and ports that exist",
  rationale: "Every request to such a path is answered with 503, although Ingress and pods look healthy.",
  remediation:
    "backend:\n  service:\n    name: <a Service of this namespace>\n    port: { number: <one of its ports> }",
  sources: { scanners: ["kube-linter dangling-ingress", "kube-score ingress-targets-service"] },
  admission: { beyondCel: "The Service is another object." },
  *check(object, objects) {
    for (const { service, path } of backendsOf(object)) {
      if (isAction(service, object)) continue;
      const found = objects.named("Service", object.namespace, service.name);
      if (found === undefined) {
        if (seesAllOf(object.namespace, objects))
          yield {
            path: `${path}.service.name`,
            message: `there is no Service "${service.name}" in namespace "${object.namespace}"`,
          };
        continue;
      }
      const wanted = service.port?.name ?? service.port?.number;
      const ports = (found.manifest["spec"] as Partial<V1ServiceSpec> | undefined)?.ports ?? [];
      if (wanted === undefined || ports.some(({ name, port }) => name === wanted || port === wanted)) continue;
      yield { path: `${path}.service.port`, message: `${found.ref} has no port ${wanted}` };
    }
  },
};

/**
 * Whether a backend is what an annotation of the AWS load balancer controller says: a redirect, a fixed answer, or
 * Services by weight.
 */
function isAction(
  { name, port }: NonNullable<V1IngressBackend["service"]>,
  { annotations }: KubernetesObject,
): boolean {
  return port?.name === "use-annotation" && `alb.ingress.kubernetes.io/actions.${name}` in annotations;
}

/** The Services an Ingress sends to, each with where it says so. */
function* backendsOf(
  object: KubernetesObject,
): Generator<{ readonly service: NonNullable<V1IngressBackend["service"]>; readonly path: string }> {
  const { rules = [], defaultBackend } = ingressSpec(object);
  if (defaultBackend?.service) yield { service: defaultBackend.service, path: "spec.defaultBackend" };
  for (const [index, { http }] of rules.entries()) {
    for (const [
      position,
      {
        backend: { service },
      },
    ] of (http?.paths ?? []).entries()) {
      if (service) yield { service, path: `spec.rules[${index}].http.paths[${position}].backend` };
    }
  }
}

/** P05, E08: what the Ingress takes, and where it sends it. */
export const ingressRules: readonly Rule[] = [hosts, snippets, backend];
