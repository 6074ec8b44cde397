import { X509Certificate } from "node:crypto";
import { CoreV1Api, NetworkingV1Api } from "@kubernetes/client-node";
import { ifThere } from "../../api-answer.ts";
import { type Fact, no, yes } from "../fact.ts";
import type { Scope } from "../verb.ts";

/** Days that a certificate must still last: cert-manager has renewed an ordinary one before. */
const leastDays = 14;

/** Whether each certificate that an Ingress names lasts for two more weeks (P05). */
export async function certificates(namespace: string, { kubeConfig, now }: Scope): Promise<Fact[]> {
  const core = kubeConfig.makeApiClient(CoreV1Api);
  const { items } = await kubeConfig.makeApiClient(NetworkingV1Api).listNamespacedIngress({ namespace });
  const hosts = new Map<string, Set<string>>();
  for (const { secretName = "", hosts: named = [] } of items.flatMap(({ spec }) => spec?.tls ?? []))
    hosts.set(secretName, new Set([...(hosts.get(secretName) ?? []), ...named]));
  return Promise.all(
    [...hosts].map(async ([name, named]): Promise<Fact> => {
      const about = `certificate ${name} of ${[...named].join(", ")}`;
      const secret = await ifThere(core.readNamespacedSecret({ namespace, name }));
      const pem = secret?.data?.["tls.crt"];
      if (!pem) return no(about, `Secret ${name} has none`);
      const end = new Date(new X509Certificate(Buffer.from(pem, "base64")).validTo);
      const days = Math.floor((end.getTime() - now().getTime()) / 86_400_000);
      return (days >= leastDays ? yes : no)(
        about,
        `until ${end.toISOString().slice(0, 10)}, ${days < 0 ? "which is over" : `${days} days`}`,
      );
    }),
  );
}
