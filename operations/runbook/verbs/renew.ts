import { X509Certificate } from "node:crypto";
import { CoreV1Api, CustomObjectsApi, NetworkingV1Api, type V1Ingress } from "@kubernetes/client-node";
import { choice } from "../../../settings/nearest-name.ts";
import { answerOf, ifThere } from "../../api-answer.ts";
import { servedSerial } from "../../served-serial.ts";
import { type Fact, no, notMeasured, yes } from "../fact.ts";
import { UsageError } from "../errors.ts";
import type { ActingVerb, Scope } from "../verb.ts";
import { until } from "../wait.ts";

/** What is read of cert-manager's Certificate. */
interface Certificate {
  readonly metadata: { readonly name: string; readonly generation?: number };
  readonly spec: { readonly secretName: string; readonly dnsNames?: readonly string[] };
  readonly status?: {
    readonly conditions?: readonly Condition[];
    readonly lastFailureTime?: string;
    readonly failedIssuanceAttempts?: number;
  };
}
interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

const kind = { group: "cert-manager.io", version: "v1", plural: "certificates" };
/** Seconds for an authority to ask the hosts and sign, and for an ingress controller to take the new Secret. */
const patience = { issued: 900, served: 120 };

/** Has cert-manager issue certificates anew, before their time (P05, E17). */
export const renew: ActingVerb = {
  kind: "acts",
  name: "renew",
  summary: "Have cert-manager issue the system's certificates anew now, and wait until the hosts serve them.",
  names: [{ form: "[certificate...]", description: "only these; without them all of the system" }],
  options: [],
  rights: [
    { group: kind.group, resource: "certificates", verbs: ["get", "list"] },
    { group: kind.group, resource: "certificates/status", verbs: ["update"] },
    { group: "networking.k8s.io", resource: "ingresses", verbs: ["list"] },
    { group: "", resource: "secrets", verbs: ["get"] },
  ],
  examples: ["renew bots-edi", "renew platform-service --dry-run"],
  async plan({ system, namespace }, scope, { names }) {
    const all = await certificates(scope, namespace);
    const known = all.map(({ metadata }) => metadata.name);
    const unknown = names.find((name) => !known.includes(name));
    if (unknown !== undefined && known.length > 0)
      throw new UsageError(`${system} has no certificate "${unknown}"; ${choice(unknown, known)}`);
    const chosen = await Promise.all(
      all
        .filter(({ metadata }) => names.length === 0 || names.includes(metadata.name))
        .map(async (certificate) => ({ certificate, before: await serialOf(scope, namespace, certificate) })),
    );
    return {
      changes: chosen.map(({ certificate: { metadata, spec }, before }) => ({
        object: `Certificate ${metadata.name} of ${spec.dnsNames?.join(", ")}`,
        from: before === undefined ? "not issued" : `until ${before.until}, serial ${before.serial}`,
        to: "issued anew",
      })),
      problems: [
        ...(all.length === 0
          ? [
              `namespace ${namespace} has no Certificate of cert-manager: what the stack signs itself is made by the stack, and this command cannot renew it`,
            ]
          : []),
        ...chosen.flatMap(({ certificate }) => hindrance(certificate, scope.now())),
      ],
      before: Object.fromEntries(
        chosen.map(({ certificate, before }) => [certificate.metadata.name, before ?? "not issued"]),
      ),
      steps: chosen.flatMap(({ certificate, before }) => [
        {
          name: `ask for Certificate ${certificate.metadata.name}`,
          run: async (within) => (await trigger(within, namespace, certificate.metadata.name), "asked for"),
        },
        {
          name: `wait for Certificate ${certificate.metadata.name}`,
          run: (within) => issued(within, namespace, certificate, before?.serial),
        },
      ]),
      prove: async () =>
        (
          await Promise.all(
            chosen.map(({ certificate, before }) => proofs(scope, namespace, certificate, before?.serial)),
          )
        ).flat(),
      goOn: `cert-manager goes on by itself; see how far it is: kubectl describe certificate -n ${namespace}`,
    };
  },
};

async function certificates({ kubeConfig }: Scope, namespace: string): Promise<readonly Certificate[]> {
  const list = (await ifThere(
    kubeConfig.makeApiClient(CustomObjectsApi).listNamespacedCustomObject({ ...kind, namespace }),
  )) as { items: Certificate[] } | undefined;
  return list?.items ?? []; // a cluster without cert-manager knows no such kind
}

async function serialOf(
  { kubeConfig }: Scope,
  namespace: string,
  { spec }: Certificate,
): Promise<{ readonly serial: string; readonly until: string } | undefined> {
  const secret = await ifThere(
    kubeConfig.makeApiClient(CoreV1Api).readNamespacedSecret({ namespace, name: spec.secretName }),
  );
  const pem = secret?.data?.["tls.crt"];
  if (!pem) return undefined;
  const { serialNumber, validTo } = new X509Certificate(Buffer.from(pem, "base64"));
  return { serial: serialNumber, until: new Date(validTo).toISOString().slice(0, 10) };
}

const conditionOf = ({ status }: Certificate, type: string): Condition | undefined =>
  status?.conditions?.find((each) => each.type === type);

/**
 * cert-manager waits an hour after a failure, and twice as long after each further one, up to 32 hours: until then it
 * would do nothing.
 */
function hindrance(certificate: Certificate, now: Date): string[] {
  const {
    metadata: { name },
    status,
  } = certificate;
  if (conditionOf(certificate, "Issuing")?.status === "True")
    return [`${name} is being issued already: ${conditionOf(certificate, "Issuing")?.message ?? "no reason is given"}`];
  if (status?.lastFailureTime === undefined) return [];
  const hours = Math.min(32, 2 ** Math.max(0, (status.failedIssuanceAttempts ?? 1) - 1));
  const free = new Date(new Date(status.lastFailureTime).getTime() + hours * 3_600_000);
  return free <= now
    ? []
    : [
        `${name} could not be issued at ${status.lastFailureTime}, and cert-manager does not try again before ${free.toISOString().slice(0, 19)}Z: mend the cause first, which "kubectl describe certificate" names`,
      ];
}

/** As `cmctl renew` does. The version of what was read keeps another writer's change. */
async function trigger({ kubeConfig, now }: Scope, namespace: string, name: string): Promise<void> {
  const api = kubeConfig.makeApiClient(CustomObjectsApi);
  const certificate = (await api.getNamespacedCustomObject({ ...kind, namespace, name })) as Certificate;
  const issuing = {
    type: "Issuing",
    status: "True",
    reason: "ManuallyTriggered",
    message: "Certificate re-issuance manually triggered",
    lastTransitionTime: `${now().toISOString().slice(0, 19)}Z`,
    observedGeneration: certificate.metadata.generation,
  };
  const conditions = [...(certificate.status?.conditions ?? []).filter(({ type }) => type !== "Issuing"), issuing];
  await api.replaceNamespacedCustomObjectStatus({
    ...kind,
    namespace,
    name,
    body: { ...certificate, status: { ...certificate.status, conditions } },
  });
}

async function issued(
  scope: Scope,
  namespace: string,
  { metadata: { name } }: Certificate,
  before: string | undefined,
): Promise<string> {
  const api = scope.kubeConfig.makeApiClient(CustomObjectsApi);
  return until<string>({ what: `Certificate ${name} to be issued`, seconds: patience.issued }, scope, async () => {
    const certificate = (await api.getNamespacedCustomObject({ ...kind, namespace, name })) as Certificate;
    const issuing = conditionOf(certificate, "Issuing");
    if (issuing?.status === "False" && issuing.reason === "Failed")
      throw new Error(`Certificate ${name} could not be issued: ${issuing.message ?? "no reason is given"}`);
    const now = await serialOf(scope, namespace, certificate);
    if (now && now.serial !== before && issuing?.status !== "True")
      return {
        done: true,
        state: `Certificate ${name} is issued until ${now.until}`,
        value: `serial ${now.serial}, until ${now.until}`,
      };
    return { done: false, state: `Certificate ${name}: ${issuing?.message ?? "waits for cert-manager"}` };
  });
}

/** The Secret has another certificate than before, and each host that can be asked from here serves that one. */
async function proofs(
  scope: Scope,
  namespace: string,
  certificate: Certificate,
  before: string | undefined,
): Promise<Fact[]> {
  const {
    metadata: { name },
    spec,
  } = certificate;
  const now = await serialOf(scope, namespace, certificate);
  if (now === undefined || now.serial === before)
    return [no(`Certificate ${name}`, `Secret ${spec.secretName} has the certificate from before`)];
  const { items } = await scope.kubeConfig.makeApiClient(NetworkingV1Api).listNamespacedIngress({ namespace });
  const served = items.flatMap((ingress) =>
    (ingress.spec?.tls ?? [])
      .filter(({ secretName }) => secretName === spec.secretName)
      .flatMap(({ hosts = [] }) => hosts.map((host) => ({ host, ingress }))),
  );
  return [
    yes(`Certificate ${name}`, `Secret ${spec.secretName} has serial ${now.serial}, until ${now.until}`),
    ...(await Promise.all(served.map(({ host, ingress }) => serves(host, ingress, now.serial, scope)))),
  ];
}

async function serves(host: string, { status }: V1Ingress, serial: string, scope: Scope): Promise<Fact> {
  const about = `https://${host}`;
  const [{ ip, hostname, ports } = {}] = status?.loadBalancer?.ingress ?? [];
  const address = ip ?? hostname;
  if (address === undefined) return notMeasured(about, "its Ingress has no address");
  const port = ports?.find((each) => each.port !== 80)?.port ?? 443;
  let last: string;
  try {
    last = await servedSerial(address, port, host);
  } catch (error) {
    return notMeasured(about, `${address}:${port} cannot be asked from here: ${answerOf(error)}`);
  }
  try {
    await until(
      { what: `${host} to serve the new certificate`, seconds: patience.served },
      { ...scope, progress: () => {} },
      async () => {
        last = await servedSerial(address, port, host);
        return { done: last === serial, state: `${host} serves serial ${last}` };
      },
    );
    return yes(about, `serves serial ${serial} at ${address}`);
  } catch {
    return no(about, `still serves serial ${last} at ${address}`);
  }
}
