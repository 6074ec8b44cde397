import { ingressSpec } from "../../facts/ingress.ts";
import { endpointsOf, servicesNamedBy } from "../../facts/named-services.ts";
import type { Endpoint } from "../../facts/named-services.ts";
import { lets } from "../../facts/network-reach.ts";
import type { KubernetesObject } from "../../model/kubernetes-object.ts";
import { workloadKinds } from "../../model/pod-spec-walker.ts";
import type { Rule, StackRule } from "../rule.ts";
import type { ObjectIndex } from "../../model/object-index.ts";

const base = { scope: "stack", row: ["X05"], severity: "high" } as const;

const admitted: StackRule = {
  ...base,
  id: "X05-ingress-admitted",
  kinds: ["Ingress"],
  title: "Pods behind an Ingress accept connections from its controller",
  rationale:
    "The controller runs in another namespace: where no policy lets it in, every request waits until it fails, although all objects look healthy.",
  remediation: [
    "ingress:",
    "  - from:",
    "      - namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: traefik } }   # the controller's",
    "        podSelector: { matchLabels: { app.kubernetes.io/name: traefik } }",
    "    ports:",
    "      - port: <the port of the pods>",
  ].join("\n"),
  admission: { beyondCel: "The Service, the pods and the policies are other objects." },
  *check(object, objects) {
    const { rules = [], defaultBackend } = ingressSpec(object);
    const paths = rules.flatMap(({ http }, index) =>
      (http?.paths ?? []).map(({ backend }, position) => ({
        backend,
        path: `spec.rules[${index}].http.paths[${position}].backend`,
      })),
    );
    const said = new Set<string>();
    for (const { backend, path } of [
      ...paths,
      ...(defaultBackend ? [{ backend: defaultBackend, path: "spec.defaultBackend" }] : []),
    ]) {
      const service =
        backend?.service === undefined ? undefined : objects.named("Service", object.namespace, backend.service.name);
      if (service === undefined) continue; // P05-ingress-backend's
      for (const { workload, port } of endpointsOf(
        service,
        backend.service?.port?.name ?? backend.service?.port?.number,
        objects,
      )) {
        const message = `no NetworkPolicy lets an ingress controller reach ${workload.ref} on port ${port}`;
        if (lets("ingress", workload, "ingress controller", port, objects) || said.has(message)) continue;
        said.add(message);
        yield { path: `${path}.service`, message };
      }
    }
  },
};

const reachable: StackRule = {
  ...base,
  id: "X05-service-reachable",
  kinds: workloadKinds,
  title: "Pods can reach the Services named in their environment",
  rationale:
    "A flow that one of the two sides forgot ends in a timeout, minutes after a rollout that looked well; a backup without it copies nothing.",
  remediation: [
    "# a policy of the pods that ask:",
    "egress:",
    "  - to: [{ podSelector: { matchLabels: { app: <the server's label> } } }]",
    "    ports: [{ port: <the server's port> }]",
    "# and one of the server's pods:",
    "ingress:",
    "  - from: [{ podSelector: { matchLabels: { app: <the client's label> } } }]",
    "    ports: [{ port: <the server's port> }]",
  ].join("\n"),
  admission: { beyondCel: "The Service, the pods behind it and the policies are other objects." },
  *check(object, objects) {
    const said = new Set<string>();
    const closed = new Map<string, readonly string[]>(); // most Services are named by several variables
    for (const { container, variable, service, port } of servicesNamedBy(object, objects)) {
      const asked = `${service.ref} ${port}`;
      if (!closed.has(asked)) closed.set(asked, closedTo(object, service, port, objects));
      for (const words of closed.get(asked)!) {
        const message = `env ${variable} names ${service.ref}, and no NetworkPolicy ${words}`;
        if (said.has(message)) continue;
        said.add(message);
        yield {
          path: `${container.path}.env`,
          message,
          ...(container.spec.name === undefined ? {} : { container: container.spec.name }),
        };
      }
    }
  },
};

/** What no policy lets a workload's pods do with a Service. */
function closedTo(
  object: KubernetesObject,
  service: KubernetesObject,
  asked: number | undefined,
  objects: ObjectIndex,
): string[] {
  const endpoints = endpointsOf(service, asked, objects).filter(({ workload }) => workload !== object);
  if (endpoints.length === 0) return [];
  const to = [...new Set(endpoints.map(({ workload }) => workload.ref))].join(" and ");
  const ports = [...new Set(endpoints.map(({ port }) => port))].join(" or ");
  return (["egress", "ingress"] as const)
    .filter((direction) => !endpoints.some((endpoint) => isOpen(direction, object, endpoint, objects)))
    .map((direction) => `lets its pods ${direction === "egress" ? "out" : "in"} to ${to} on port ${ports}`);
}

function isOpen(
  direction: "ingress" | "egress",
  from: Parameters<typeof lets>[1],
  { workload, port }: Endpoint,
  objects: ObjectIndex,
): boolean {
  return direction === "egress"
    ? lets("egress", from, workload, port, objects)
    : lets("ingress", workload, from, port, objects);
}

/** X05: paths that exist where the stack needs them. */
export const networkPathRules: readonly Rule[] = [admitted, reachable];
