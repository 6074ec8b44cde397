import type { V1Ingress, V1IngressSpec } from "@kubernetes/client-node";
import type { KubernetesObject } from "../model/kubernetes-object.ts";

/** An Ingress' spec. */
export function ingressSpec(object: KubernetesObject): Partial<V1IngressSpec> {
  return (object.manifest as V1Ingress).spec ?? {};
}

/**
 * Whether a certificate or a TLS entry for `name`, which may be `*.example.com`, is good for a host; a wildcard stands
 * for one label.
 */
export function coversHost(name: string, host: string): boolean {
  return (
    name === host || (name.startsWith("*.") && host.includes(".") && host.slice(host.indexOf(".")) === name.slice(1))
  );
}
