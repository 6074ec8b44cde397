import { kubectl } from "./addons.ts";
import { nodeName } from "./settings.ts";

/** A node that kwok plays: for machines where no kubelet can run. */
const node = {
  apiVersion: "v1",
  kind: "Node",
  metadata: {
    name: nodeName,
    annotations: { "kwok.x-k8s.io/node": "fake" },
    labels: { "kubernetes.io/hostname": nodeName, type: "kwok" },
  },
  status: {
    allocatable: { cpu: "8", memory: "32Gi", pods: "110", "ephemeral-storage": "100Gi" },
    capacity: { cpu: "8", memory: "32Gi", pods: "110", "ephemeral-storage": "100Gi" },
  },
};

const className = "local-path";

/** The default class: nobody makes volumes where nothing runs, so they are there before they are asked for. */
const storageClass = {
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
  metadata: { name: className, annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
  provisioner: "kubernetes.io/no-provisioner",
  volumeBindingMode: "WaitForFirstConsumer",
};

/** More volumes than the five systems and the scratch of their jobs ask for at a time, each larger than any of them. */
const volumes = Array.from({ length: 200 }, (_, index) => ({
  apiVersion: "v1",
  kind: "PersistentVolume",
  metadata: { name: `simulated-${index + 1}` },
  spec: {
    capacity: { storage: "1Ti" },
    accessModes: ["ReadWriteOnce", "ReadWriteMany"],
    storageClassName: className,
    persistentVolumeReclaimPolicy: "Retain",
    hostPath: { path: "/simulated" },
  },
}));

interface Volume {
  readonly metadata: { readonly name: string };
  readonly status?: { readonly phase?: string };
}

/** Declares the node and its volumes. A volume whose claim is gone may be claimed again: it never held data. */
export async function applySimulatedNode(bin: string): Promise<void> {
  await kubectl(
    bin,
    ["apply", "--server-side", "-f", "-"],
    JSON.stringify({ apiVersion: "v1", kind: "List", items: [node, storageClass, ...volumes] }),
  );
  const { items } = JSON.parse(await kubectl(bin, ["get", "persistentvolumes", "-o", "json"])) as { items: Volume[] };
  const released = items.filter(({ status }) => status?.phase === "Released").map(({ metadata }) => metadata.name);
  if (released.length > 0)
    await kubectl(bin, [
      "patch",
      "persistentvolumes",
      ...released,
      "--type=json",
      "--patch",
      '[{"op": "remove", "path": "/spec/claimRef"}]',
    ]);
}
