import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { namedClaim, type Part } from "../../changes/declared.ts";
import { keptOfClaims } from "../../workload/claims.ts";
import type { SystemContext } from "../target.ts";
import type { BotsEdiSettings } from "./settings.ts";
import { namespace } from "./stores.ts";

/**
 * The volume that the web server, the queue and the engine share (E07). It is never deleted with the stack, nor when
 * another
 * claim takes its place after a restore (E11).
 */
export function dataVolume(
  { claimName, snapshot, storage, sharedStorageClass }: BotsEdiSettings["data"],
  context: SystemContext,
  options: pulumi.ComponentResourceOptions,
): k8s.core.v1.PersistentVolumeClaim {
  const storageClass = sharedStorageClass ?? context.storage.storageClass;
  if (snapshot)
    void pulumi.log.info(
      `${snapshot} fills ${claimName} only where that claim is not there yet: a claim that exists keeps its content, and a restore needs a new bots-edi.data.claimName`,
    );
  if (!sharedStorageClass)
    void pulumi.log.info(
      `${claimName} is ReadWriteOnce, because bots-edi.data.sharedStorageClass is not set: all pods that use it run on one node`,
      undefined,
      undefined,
      true,
    );
  return new k8s.core.v1.PersistentVolumeClaim(
    claimName,
    {
      metadata: {
        name: claimName,
        namespace,
        labels: { app: "bots-edi" },
        annotations: {
          "pulumi.com/skipAwait": "true",
          ...(!sharedStorageClass && {
            "production-platform/shared-on-one-node":
              "the scheduler puts pods where their volume is, and no class that several nodes can use is set",
          }),
        },
      },
      spec: {
        accessModes: [sharedStorageClass ? "ReadWriteMany" : "ReadWriteOnce"],
        ...(storageClass && { storageClassName: storageClass }),
        ...(snapshot && {
          dataSource: { apiGroup: "snapshot.storage.k8s.io", kind: "VolumeSnapshot", name: snapshot },
        }),
        resources: { requests: { storage } },
      },
    },
    {
      ...options,
      retainOnDelete: context.retainData,
      // A claim is filled when it is made, and the API server refuses a later change of its source: no update would
      // pass again.
      ignoreChanges: [...keptOfClaims, "spec.dataSource"],
    },
  );
}

/** The same volume before it is declared: whether many nodes can write it follows from its class. */
export function volumeState({
  claimName,
  storage,
  sharedStorageClass,
  snapshot,
}: BotsEdiSettings["data"]): Part<"volume"> {
  const path = "bots-edi.data.sharedStorageClass";
  return {
    ...namedClaim(claimName, "bots-edi.data.storage", storage),
    ...(sharedStorageClass && { storageClass: { path, value: sharedStorageClass } }),
    accessMode: { path, value: sharedStorageClass ? "ReadWriteMany" : "ReadWriteOnce" },
    ...(snapshot && { source: { path: "bots-edi.data.snapshot", value: snapshot } }),
  };
}
