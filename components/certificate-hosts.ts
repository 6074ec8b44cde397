import type { z } from "zod";
import { type SystemName, systemNames, systems } from "./systems/index.ts";
import type { System, SystemSettings } from "./systems/system.ts";

/** Top-level names that nobody can own (RFC 2606, 6761 and 6762, and ICANN's own). */
const reserved = ["local", "localhost", "test", "example", "invalid", "internal"];

/** The part of a stack's settings that decides about certificates. */
type Needed = { readonly [Name in SystemName]?: SystemSettings | undefined } & {
  readonly systems: readonly SystemName[];
  readonly clusterAddons: readonly string[];
  readonly certificateIssuer: { readonly kind: string; readonly name: string; readonly acme: boolean };
};

/**
 * Refuses hosts whose certificate an ACME authority can never sign: the Secret would never be there, and an Ingress
 * would serve some other certificate (P05, E08).
 */
export function refuseUnsignedHosts(settings: Needed, problems: z.core.$RefinementCtx): void {
  const {
    clusterAddons,
    certificateIssuer: { acme, kind, name },
  } = settings;
  if (!clusterAddons.includes("cert-manager") || !acme) return;
  for (const { path, host } of certified(settings)) {
    const [top, ...rest] = host.split(".").reverse();
    const reason =
      rest.length === 0 ? "has no dot" : reserved.includes(top!) ? `ends in .${top}, which nobody owns` : undefined;
    if (reason === undefined) continue;
    const message = `"${host}" ${reason}, and ${kind} ${name} is an ACME authority's, which signs names on the internet alone: set ${path.join(".")} to such a name, such as "${path[0]}.example.com", or certificateIssuer.acme to false where the issuer is your own authority`;
    problems.addIssue({ code: "custom", path: [...path], message });
  }
}

/** The hosts with a certificate, each with the path of its setting. */
function certified(settings: Needed): { readonly path: readonly string[]; readonly host: string }[] {
  return systemNames
    .filter((name) => settings.systems.includes(name))
    .flatMap((name) => {
      const system: System = systems[name];
      const own = settings[name];
      return own === undefined
        ? []
        : (system.certifiedHosts?.(own) ?? []).map(({ path, host }) => ({ path: [name, ...path], host }));
    });
}
