import type { types } from "@pulumi/kubernetes";
import type { ContainerArgs, Mount, Resources } from "./container.ts";
import { podMounts } from "./mounts.ts";
import { bytes, mebibytes, type Size } from "./units.ts";

type Scratch = Extract<Mount, { scratch: Size }>;

/**
 * The largest scratch path on the node's own disk, which all pods of the node share; a larger one is a volume of its
 * own.
 */
export const largestOnNode: Size = "4Gi";

/** The kubelet keeps up to five log files of 10 MiB of each container, and counts them against the pod's limit. */
const logsOfContainer: Size = "64Mi";

const ephemeralStorage = { request: "64Mi", limit: "512Mi" } as const satisfies Resources["ephemeralStorage"];

/** Whether a scratch path is a claim that is made and deleted with its pod. */
const isClaimed = ({ scratch, medium }: Scratch): boolean =>
  medium === undefined && bytes(scratch) > bytes(largestOnNode);

/** Whether any container of a pod has a scratch path too large for the node's own disk. */
export const claimsScratch = (containers: readonly ContainerArgs[]): boolean => scratchOf(containers).some(isClaimed);

/** The volume of a scratch path: an emptyDir, or a generic ephemeral volume where it is too large for one. */
export function scratchVolume(mount: Scratch): Pick<types.input.core.v1.Volume, "emptyDir" | "ephemeral"> {
  if (!isClaimed(mount))
    return { emptyDir: { sizeLimit: mount.scratch, ...(mount.medium && { medium: mount.medium }) } };
  return {
    ephemeral: {
      volumeClaimTemplate: {
        spec: {
          accessModes: ["ReadWriteOnce"],
          ...(mount.storageClass && { storageClassName: mount.storageClass }),
          resources: { requests: { storage: mount.scratch } },
        },
      },
    },
  };
}

/**
 * Containers with the ephemeral storage that their pod needs. The kubelet evicts a pod whose scratch paths on the node
 * and logs
 * together are above the limit of its containers, so each one's limit holds them all. Throws where a container names
 * less.
 */
export function withEphemeralStorage(containers: readonly ContainerArgs[]): ContainerArgs[] {
  const scratch = scratchOf(containers).filter((mount) => mount.medium === undefined && !isClaimed(mount));
  const needed = Math.ceil(
    scratch.reduce((sum, mount) => sum + bytes(mount.scratch), bytes(logsOfContainer) * containers.length) /
      bytes("1Mi"),
  );
  return containers.map((container) => {
    const own = container.resources.ephemeralStorage;
    if (own && mebibytes(own.limit) < needed) {
      throw new Error(
        `container "${container.name}": the ephemeral-storage limit ${own.limit} is below ${needed}Mi, which its pod needs for logs and ${scratch.map((mount) => `${mount.path} (${mount.scratch})`).join(", ") || "nothing else"}: raise it, or leave ephemeralStorage out`,
      );
    }
    const limit: Size = mebibytes(ephemeralStorage.limit) < needed ? `${needed}Mi` : ephemeralStorage.limit;
    return {
      ...container,
      resources: { ...container.resources, ephemeralStorage: own ?? { ...ephemeralStorage, limit } },
    };
  });
}

/** The scratch paths of a pod. */
const scratchOf = (containers: readonly ContainerArgs[]): Scratch[] =>
  podMounts(containers).filter((mount): mount is Scratch => "scratch" in mount);
