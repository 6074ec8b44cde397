import type { z } from "zod";

/** Top-level names that nobody can own (RFC 2606, 6761 and 6762, and ICANN's own). */
const reserved = ["local", "localhost", "test", "example", "invalid", "internal"];

/** The part of a stack's settings that decides about certificates. */
interface Needed {
  readonly systems: readonly string[];
  readonly clusterAddons: readonly string[];
  readonly certificateIssuer: { readonly kind: string; readonly name: string; readonly acme: boolean };
  readonly "bgc-platform"?: { readonly hosts: { readonly api: string; readonly web: string }; readonly tlsSecret?: string | undefined } | undefined;
  readonly "platform-service"?: { readonly host: string } | undefined;
  readonly "bots-edi"?: { readonly host: string } | undefined;
  readonly "resilient-api-gateway"?: { readonly host: string; readonly tlsSecret?: string | undefined } | undefined;
}

/** Refuses hosts whose certificate an ACME authority can never sign: the Secret would never be there, and an Ingress would serve some other certificate (P05, E08). */
export function refuseUnsignedHosts(settings: Needed, problems: z.core.$RefinementCtx): void {
  const { clusterAddons, certificateIssuer: { acme, kind, name } } = settings;
  if (!clusterAddons.includes("cert-manager") || !acme) return;
  for (const [path, host] of certified(settings)) {
    const [top, ...rest] = host.split(".").reverse();
    const reason = rest.length === 0 ? "has no dot" : reserved.includes(top!) ? `ends in .${top}, which nobody owns` : undefined;
    if (reason === undefined) continue;
    const message = `"${host}" ${reason}, and ${kind} ${name} is an ACME authority's, which signs names on the internet alone: set ${path.join(".")} to such a name, such as "${path[0]}.example.com", or certificateIssuer.acme to false where the issuer is your own authority`;
    problems.addIssue({ code: "custom", path: [...path], message });
  }
}

/** The hosts with a certificate, each with the path of its setting. */
function certified({ systems, ...of }: Needed): (readonly [path: readonly [system: string, ...keys: string[]], host: string])[] {
  const [bgc, gateway] = [of["bgc-platform"], of["resilient-api-gateway"]];
  const hosts = [
    [["bgc-platform", "hosts", "api"], bgc?.tlsSecret && bgc.hosts.api],
    [["bgc-platform", "hosts", "web"], bgc?.tlsSecret && bgc.hosts.web],
    [["platform-service", "host"], of["platform-service"]?.host],
    [["bots-edi", "host"], of["bots-edi"]?.host],
    [["resilient-api-gateway", "host"], gateway?.tlsSecret && gateway.host],
  ] as const;
  return hosts.flatMap(([path, host]) => (host && systems.includes(path[0]) ? [[path, host] as const] : []));
}
