import { AutoscalingV2Api, CustomObjectsApi, PolicyV1Api } from "@kubernetes/client-node";
import { ifThere } from "../../api-answer.ts";
import { noteOf } from "../held-object.ts";
import { type Fact, measured, no, yes } from "../fact.ts";
import type { Right, Scope } from "../verb.ts";

/** An object of an add-on, as far as all say how they are. */
interface AddOnObject {
  readonly kind?: string;
  readonly metadata: { readonly name: string; readonly creationTimestamp?: string };
  readonly status?: {
    readonly readyToUse?: boolean;
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
  };
}

/** The kinds that add-ons bring, with the condition that says that the add-on has done its part. */
const addOnKinds = [
  { kind: "Certificate", group: "cert-manager.io", version: "v1", plural: "certificates", well: "Ready" },
  { kind: "ScaledObject", group: "keda.sh", version: "v1alpha1", plural: "scaledobjects", well: "Ready" },
  { kind: "SealedSecret", group: "bitnami.com", version: "v1alpha1", plural: "sealedsecrets", well: "Synced" },
  { kind: "VolumeSnapshot", group: "snapshot.storage.k8s.io", version: "v1", plural: "volumesnapshots", well: "" },
] as const;

export const rightsOfAddOns: readonly Right[] = addOnKinds.map(({ group, plural: resource }) => ({
  group,
  resource,
  verbs: ["list"],
}));

/** Whether each add-on has done its part for the objects that a system gives it. */
export async function addOns(namespace: string, { kubeConfig }: Scope): Promise<Fact[]> {
  const api = kubeConfig.makeApiClient(CustomObjectsApi);
  const facts = await Promise.all(
    addOnKinds.map(({ kind, well, ...place }) =>
      measured(`${kind}s`, async () => {
        const list = (await ifThere(api.listNamespacedCustomObject({ ...place, namespace }))) as
          | { items: readonly AddOnObject[] }
          | undefined; // a cluster without the add-on knows no such kind
        const items = list?.items ?? [];
        if (well !== "") return items.map((item) => conditioned(kind, item, well));
        const [newest] = items.toSorted((one, other) => bornOf(other).localeCompare(bornOf(one)));
        return newest ? [snapshot(newest)] : [];
      }),
    ),
  );
  return facts.flat();
}

const bornOf = ({ metadata }: AddOnObject): string => metadata.creationTimestamp ?? "";

function conditioned(kind: string, { metadata, status }: AddOnObject, well: string): Fact {
  const found = status?.conditions?.find(({ type }) => type === well);
  return (found?.status === "True" ? yes : no)(
    `${kind} ${metadata.name}`,
    found ? `${well} is ${found.status}${found.message ? `: ${found.message}` : ""}` : "its add-on has not seen it",
  );
}

const snapshot = ({ metadata, status }: AddOnObject): Fact =>
  (status?.readyToUse ? yes : no)(
    `VolumeSnapshot ${metadata.name}`,
    status?.readyToUse ? "the newest, ready to use" : "the newest, not ready to use",
  );

/** Whether each autoscaler reads its measure and may act. */
export async function autoscaling(namespace: string, { kubeConfig }: Scope): Promise<Fact[]> {
  const { items } = await kubeConfig
    .makeApiClient(AutoscalingV2Api)
    .listNamespacedHorizontalPodAutoscaler({ namespace });
  return items.map(({ metadata, spec, status }) => {
    const wrong = (status?.conditions ?? [])
      .filter(({ type, status: so }) => ["AbleToScale", "ScalingActive"].includes(type) && so !== "True")
      .map(({ type, reason, message }) => `${type} is not so: ${message ?? reason}`);
    const held = noteOf(metadata, "scale");
    if (held) wrong.push(`held by "runbook scale" since ${held.since}`);
    return (wrong.length === 0 ? yes : no)(
      `autoscaler ${metadata?.name}`,
      wrong.join(", ") || `${status?.currentReplicas ?? 0} of ${spec?.minReplicas ?? 1} to ${spec?.maxReplicas} pods`,
    );
  });
}

/** Whether each disruption budget lets a pod go: a node that is drained would wait for ever otherwise. */
export async function budgets(namespace: string, { kubeConfig }: Scope): Promise<Fact[]> {
  const { items } = await kubeConfig.makeApiClient(PolicyV1Api).listNamespacedPodDisruptionBudget({ namespace });
  return items.map(({ metadata, status }) => {
    const { expectedPods = 0, currentHealthy = 0, disruptionsAllowed = 0 } = status ?? {};
    return (expectedPods === 0 || disruptionsAllowed > 0 ? yes : no)(
      `disruption budget ${metadata?.name}`,
      `${currentHealthy} of ${expectedPods} pods are healthy, ${disruptionsAllowed} may go`,
    );
  });
}
