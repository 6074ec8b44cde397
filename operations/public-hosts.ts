import { X509Certificate } from "node:crypto";
import type { V1Ingress, V1IngressClass, V1Secret } from "@kubernetes/client-node";

/** What was seen, and whether it is as it should be. */
export interface Verdict {
  readonly passed: boolean;
  readonly detail: string;
}

/**
 * Whether an ingress controller takes care of an Ingress. A cluster without any class has no controller, which is no
 * fault of the stack's.
 */
export function served({ metadata, spec, status }: V1Ingress, classes: readonly V1IngressClass[]): Verdict {
  const name = spec?.ingressClassName ?? metadata?.annotations?.["kubernetes.io/ingress.class"];
  const there = classes.map((each) => each.metadata?.name ?? "");
  const [{ ip, hostname } = {}] = status?.loadBalancer?.ingress ?? [];
  const address = ip ?? hostname;
  const choices = there.join(", ") || "none";
  if (name !== undefined && !there.includes(name) && address === undefined)
    return {
      passed: false,
      detail: `no controller serves it: the cluster has no IngressClass ${name}; there are ${choices}: set ingressClass to one of them`,
    };
  if (name === undefined && there.length > 0 && address === undefined)
    return {
      passed: false,
      detail: `no controller serves it: it has no class and the cluster had no default one; there are ${choices}: set ingressClass to one of them`,
    };
  if (name === undefined && address === undefined)
    return { passed: true, detail: "nobody serves it, as the cluster has no ingress controller" };
  return {
    passed: true,
    detail: [name && `class ${name}`, address ? `address ${address}` : "no address yet"].filter(Boolean).join(", "),
  };
}

/** Whether a TLS Secret holds a certificate for a host that is valid now. */
export function certifies(
  secret: V1Secret | undefined,
  name: string,
  namespace: string,
  host: string,
  now: Date,
): Verdict {
  const see = `see "kubectl describe certificate -n ${namespace}"`;
  const pem = secret?.data?.["tls.crt"];
  if (!pem) return { passed: false, detail: `Secret ${name} ${secret ? "has no tls.crt" : "is not there"}: ${see}` };
  const certificate = new X509Certificate(Buffer.from(pem, "base64"));
  const names = certificate.subjectAltName?.replaceAll("DNS:", "") ?? certificate.subject.replace(/^CN=/, "");
  if (certificate.checkHost(host) === undefined)
    return { passed: false, detail: `the certificate in Secret ${name} is for ${names}: ${see}` };
  const until = new Date(certificate.validTo);
  const day = until.toISOString().slice(0, 10);
  if (until < now) return { passed: false, detail: `the certificate in Secret ${name} ended on ${day}: ${see}` };
  return {
    passed: true,
    detail: `Secret ${name}, until ${day}${secret?.metadata?.annotations?.["production-platform/self-signed"] ? ", self-signed: browsers do not trust it" : ""}`,
  };
}
