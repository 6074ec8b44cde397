import { z } from "zod";
import type { Outsider } from "./capabilities/network-flows.ts";
import { objectName } from "./systems/setting-types.ts";

const labels = z.record(z.string(), z.string()).refine((given) => Object.keys(given).length > 0, {
  error: "names no label: name those of the pods, or leave it out",
});

/** What k3s, and Traefik's own chart, label the controller's pods with. */
const traefik = { "app.kubernetes.io/name": "traefik" };

const forms =
  "expected { namespace: ..., labels: ... } for a controller in pods, or { cidrs: [...] } for one that is no pod or is on its node's network";

/** Says another thing than the library where a word is in place of an object. */
const noObject = (error: string) => ({
  error: ({ code }: { readonly code?: string }) => (code === "invalid_type" ? error : undefined),
});

/**
 * Whose requests public workloads take: the ingress controller's pods, by namespace and labels, or addresses. Programs
 * believe what it says of a
 * client, so in kube-system, which holds much else, it is Traefik unless labels say who. @default k3s' own Traefik
 */
export const ingress = z
  .strictObject(
    { namespace: objectName.optional(), labels: labels.optional(), cidrs: z.array(z.cidrv4()).min(1).optional() },
    noObject(forms),
  )
  .refine(
    ({ namespace, labels, cidrs }) =>
      (namespace === undefined) !== (cidrs === undefined) && (labels === undefined || namespace !== undefined),
    { error: forms },
  )
  .transform(({ namespace, labels, cidrs = [] }): readonly Outsider[] =>
    namespace === undefined
      ? cidrs.map((cidr) => ({ cidr }))
      : [pods(namespace, labels ?? (namespace === "kube-system" ? traefik : undefined))],
  )
  .prefault({ namespace: "kube-system" });

/** Whose Prometheus may fetch the metrics of every program. @default nobody from outside a system may */
export const monitoring = z
  .strictObject(
    { namespace: objectName, labels: labels.optional() },
    noObject("expected { namespace: ..., labels: ... }, where labels may be left out"),
  )
  .optional()
  .transform((given): readonly Outsider[] => (given ? [pods(given.namespace, given.labels)] : []));

const pods = (namespace: string, labels: Readonly<Record<string, string>> | undefined): Outsider => ({
  namespace,
  ...(labels && { labels }),
});

/** The former name of a setting that took a namespace alone. */
export const formerNamespace = (name: string) =>
  z.undefined({ error: ({ input }) => `is ${name} now; write ${name}: { namespace: ${String(input)} }` }).optional();
