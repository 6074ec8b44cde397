import {
  AppsV1Api,
  CoreV1Api,
  NetworkingV1Api,
  type V1Deployment,
  type V1Ingress,
  type V1NetworkPolicy,
  type V1NetworkPolicyPeer,
  type V1Service,
} from "@kubernetes/client-node";
import { images } from "../../components/images.ts";
import { hasStatus, ifThere } from "../api-answer.ts";
import type { Right, Scope } from "./verb.ts";

/** Name of all objects of the page. */
export const pageName = "maintenance-page";
const port = 8080;
const up = "/maintenance-page-is-up";

export const rightsOfPage: readonly Right[] = [
  { group: "apps", resource: "deployments", verbs: ["create", "delete"] },
  { group: "networking.k8s.io", resource: "networkpolicies", verbs: ["list", "create", "delete"] },
  { group: "", resource: "services", verbs: ["list", "create", "delete"] },
];

/** A 503 with the time to come back: a client or a crawler must not take the page for the answer. */
const server = `require("node:http").createServer((request, answer) => {
  request.resume();
  if (request.url.startsWith("${up}")) return answer.end("up");
  answer.writeHead(503, { "content-type": "text/html; charset=utf-8", "retry-after": "300", "cache-control": "no-store" });
  answer.end(request.method === "HEAD" ? undefined : process.env.PAGE);
}).listen(${port});
process.on("SIGTERM", () => process.exit(0));`;

const page = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Maintenance</title>
<h1>Maintenance</h1><p>This service is being maintained. Please come back in a few minutes.</p></html>`;

const labels = { app: pageName };
const probe = (path: string) => ({ httpGet: { path, port: "http" }, timeoutSeconds: 5 });

/** The pod that answers in place of a system. */
const pageDeployment = (namespace: string): V1Deployment => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: pageName, namespace, labels },
  spec: {
    replicas: 1,
    selector: { matchLabels: labels },
    strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    template: {
      metadata: { labels },
      spec: {
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        terminationGracePeriodSeconds: 30,
        securityContext: {
          runAsNonRoot: true,
          runAsUser: 1000,
          runAsGroup: 1000,
          seccompProfile: { type: "RuntimeDefault" },
        },
        containers: [
          {
            name: pageName,
            image: images.node,
            command: ["node", "-e", server],
            env: [{ name: "PAGE", value: page }],
            ports: [{ name: "http", containerPort: port, protocol: "TCP" }],
            startupProbe: { ...probe(`${up}/live`), periodSeconds: 2, failureThreshold: 60 },
            readinessProbe: { ...probe(up), periodSeconds: 10, failureThreshold: 3 },
            livenessProbe: { ...probe(`${up}/live`), periodSeconds: 15, failureThreshold: 4 },
            lifecycle: { preStop: { sleep: { seconds: 5 } } },
            resources: {
              requests: { cpu: "10m", memory: "64Mi", "ephemeral-storage": "16Mi" },
              limits: { cpu: "500m", memory: "128Mi", "ephemeral-storage": "64Mi" },
            },
            securityContext: {
              allowPrivilegeEscalation: false,
              capabilities: { drop: ["ALL"] },
              privileged: false,
              readOnlyRootFilesystem: true,
              runAsNonRoot: true,
              seccompProfile: { type: "RuntimeDefault" },
            },
          },
        ],
      },
    },
  },
});

const pageService = (namespace: string): V1Service => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: pageName, namespace, labels },
  spec: { selector: labels, ports: [{ name: "http", port, targetPort: "http", protocol: "TCP" }] },
});

/** Lets those in who may reach the pods behind the hosts from another namespace, and lets the page out to nobody. */
const pagePolicy = (namespace: string, from: V1NetworkPolicyPeer[]): V1NetworkPolicy => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { name: pageName, namespace, labels },
  spec: {
    podSelector: { matchLabels: labels },
    policyTypes: ["Ingress", "Egress"],
    ingress: from.length > 0 ? [{ _from: from, ports: [{ port, protocol: "TCP" }] }] : [],
  },
});

/** All that is made for the page; `from` are those who may reach it. */
export const pageObjects = (namespace: string, from: V1NetworkPolicyPeer[]) => ({
  policy: pagePolicy(namespace, from),
  deployment: pageDeployment(namespace),
  service: pageService(namespace),
});

/** An Ingress' rules with the page behind each path. */
export const rulesToPage = (rules: unknown): unknown[] =>
  ((rules ?? []) as NonNullable<NonNullable<V1Ingress["spec"]>["rules"]>).map((rule) => ({
    ...rule,
    http: {
      paths: (rule.http?.paths ?? []).map((path) => ({
        ...path,
        backend: { service: { name: pageName, port: { number: port } } },
      })),
    },
  }));

/**
 * Makes what is missing of the page; what an earlier run left is used. The Deployment comes first and goes last, since it
 * says that there is a page.
 */
export async function raisePage(namespace: string, scope: Scope): Promise<void> {
  const { policy, deployment, service } = pageObjects(namespace, await outsiders(namespace, scope));
  const { kubeConfig } = scope;
  await unlessThere(kubeConfig.makeApiClient(AppsV1Api).createNamespacedDeployment({ namespace, body: deployment }));
  await unlessThere(
    kubeConfig.makeApiClient(NetworkingV1Api).createNamespacedNetworkPolicy({ namespace, body: policy }),
  );
  await unlessThere(kubeConfig.makeApiClient(CoreV1Api).createNamespacedService({ namespace, body: service }));
}

export async function removePage(namespace: string, { kubeConfig }: Scope): Promise<void> {
  const at = { namespace, name: pageName };
  await ifThere(kubeConfig.makeApiClient(CoreV1Api).deleteNamespacedService(at));
  await ifThere(kubeConfig.makeApiClient(NetworkingV1Api).deleteNamespacedNetworkPolicy(at));
  await ifThere(kubeConfig.makeApiClient(AppsV1Api).deleteNamespacedDeployment(at));
}

async function unlessThere(making: Promise<unknown>): Promise<void> {
  await making.catch((error: unknown) => {
    if (!hasStatus(error, 409)) throw error;
  });
}

/** Who from other namespaces may reach the system: its ingress controller, as the stack's own policies name it. */
async function outsiders(namespace: string, { kubeConfig }: Scope): Promise<V1NetworkPolicyPeer[]> {
  const { items } = await kubeConfig.makeApiClient(NetworkingV1Api).listNamespacedNetworkPolicy({ namespace });
  const peers = items
    .filter(({ metadata }) => metadata?.name !== pageName)
    .flatMap(({ spec }) => spec?.ingress ?? [])
    .flatMap(({ _from = [] }) => _from)
    .filter(({ namespaceSelector, ipBlock }) => namespaceSelector !== undefined || ipBlock !== undefined);
  return [...new Map(peers.map((peer) => [JSON.stringify(peer), peer])).values()];
}
