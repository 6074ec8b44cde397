import type { Thing } from "./fake-cluster.ts";

/** A pod of a workload, Ready unless its container waits for a reason. */
export const pod = (name: string, app: string, waiting?: string): Thing => ({
  kind: "Pod",
  metadata: {
    name,
    labels: { app },
    ownerReferences: [
      { kind: app === "postgres" ? "StatefulSet" : "ReplicaSet", name: app, uid: app, controller: true },
    ],
  },
  spec: { containers: [{ name: app }] },
  status: {
    phase: "Running",
    conditions: [{ type: "Ready", status: waiting ? "False" : "True" }],
    containerStatuses: [
      {
        name: app,
        ready: !waiting,
        restartCount: waiting ? 4 : 0,
        image: "",
        imageID: "",
        state: waiting ? { waiting: { reason: waiting } } : { running: {} },
      },
    ],
  },
});
/** A workload whose controller has seen its newest form. */
export const controller = (kind: string, name: string, replicas: number, resources = {}): Thing => ({
  kind,
  metadata: { name, generation: 1 },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: { spec: { containers: [{ name, resources }] } },
  },
  status: { observedGeneration: 1, readyReplicas: replicas },
});
