import { urlOf } from "../../components/systems/outputs.ts";
import type { Target } from "../../components/systems/target.ts";

/**
 * Where a person looks once a stack is up: each endpoint, and the commands that come next. With `ingress` the public
 * hosts answer on this machine as they are.
 */
export function nextSteps(targets: readonly Target[], stack: string, kubeconfig: string, ingress: boolean): string[] {
  const width = Math.max(0, ...targets.flatMap(({ endpoints }) => endpoints.map(({ name }) => name.length)));
  const [first, ...others] = targets.map(({ namespace }) => namespace);
  return [
    ...targets.flatMap(({ system, namespace, endpoints }) => [
      `${system} (namespace ${namespace})`,
      ...endpoints.map((endpoint) => {
        const { name, service, port, health } = endpoint;
        const url = urlOf(endpoint);
        if (ingress && url) return `  ${name.padEnd(width)}  ${url}${health}`;
        return `  ${name.padEnd(width)}  kubectl port-forward -n ${namespace} svc/${service} ${port}:${port}, then http://localhost:${port}${health}${url ? `; with an ingress controller ${url}` : ""}`;
      }),
    ]),
    "next:",
    `  export KUBECONFIG=${kubeconfig}`,
    ...(first === undefined
      ? []
      : [`  kubectl get pods -n ${first}${others.length > 0 ? `     also ${others.join(", ")}` : ""}`]),
    ...[
      ["npm test", "check what needs no platform; npm run test:platform checks the rest"],
      [`npm run preview -- --stack ${stack}`, "see whether a change passes the policies"],
      [`npm run down -- --stack ${stack}`, "take it down; volumes, passwords and backups stay"],
    ].map(([line, why]) => `  ${line!.padEnd(29 + stack.length)}${why}`),
  ];
}
