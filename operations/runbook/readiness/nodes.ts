import { CoreV1Api, StorageV1Api, type V1Node } from "@kubernetes/client-node";
import { type Fact, no, notMeasured, yes } from "../fact.ts";
import type { Right, Scope } from "../verb.ts";

/** What is asked of the cluster and not of a namespace. */
export const rightsOfCluster: readonly Right[] = [
  { group: "", resource: "nodes", verbs: ["list"] },
  { group: "storage.k8s.io", resource: "storageclasses", verbs: ["list"] },
];

/** Whether each node is Ready, takes pods and lacks nothing. */
export async function nodes({ kubeConfig }: Scope): Promise<Fact[]> {
  const { items } = await kubeConfig.makeApiClient(CoreV1Api).listNode();
  return items.map((node) => {
    const { kubeletVersion, osImage } = node.status?.nodeInfo ?? {};
    const wrong = hindrances(node);
    return (wrong.length === 0 ? yes : no)(
      `node ${node.metadata?.name}`,
      wrong.join(", ") || ["Ready", kubeletVersion, osImage].filter(Boolean).join(", "),
    );
  });
}

function hindrances({ spec, status }: V1Node): string[] {
  const conditions = status?.conditions ?? [];
  const ready = conditions.find(({ type }) => type === "Ready");
  return [
    ...(ready?.status === "True" ? [] : [`not Ready: ${ready?.message ?? "it says nothing"}`]),
    ...conditions
      .filter(({ type, status: so }) => type !== "Ready" && so === "True")
      .map(({ type, message }) => `${type}${message ? `: ${message}` : ""}`),
    ...(spec?.unschedulable ? ["takes no pods: it is cordoned"] : []),
  ];
}

/** Whether the storage class of each claim is there, and its volumes can grow. */
export async function storageClasses(namespace: string, { kubeConfig }: Scope): Promise<Fact[]> {
  const [{ items: classes }, { items: claims }] = await Promise.all([
    kubeConfig.makeApiClient(StorageV1Api).listStorageClass(),
    kubeConfig.makeApiClient(CoreV1Api).listNamespacedPersistentVolumeClaim({ namespace }),
  ]);
  const used = new Set(claims.map(({ spec }) => spec?.storageClassName ?? ""));
  return [...used].sort().map((name) => {
    if (name === "") return notMeasured("storage class", "a claim names none: its volume was made by hand");
    const found = classes.find(({ metadata }) => metadata?.name === name);
    return found === undefined
      ? no(`storage class ${name}`, "claims name it, and it is not there: no volume can be made again")
      : yes(
          `storage class ${name}`,
          `${found.provisioner}, volumes ${found.allowVolumeExpansion ? "can" : "cannot"} grow`,
        );
  });
}
