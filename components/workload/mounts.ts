import { isDeepStrictEqual } from "node:util";
import { type ContainerArgs, type Mount, volumeName } from "./container.ts";
import { bytes } from "./units.ts";

/**
 * The mounts of a pod, one for each volume. Containers that mount the same path share its volume; of two sizes of
 * scratch the larger
 * one holds. Throws where two containers mean different things by one path: one of them would find the other's files.
 */
export function podMounts(containers: readonly ContainerArgs[]): Mount[] {
  const byVolume = new Map<string, Mount>();
  for (const { name, mounts = [] } of containers) {
    for (const mount of mounts) {
      const volume = volumeName(mount);
      byVolume.set(volume, shared(name, byVolume.get(volume) ?? mount, mount));
    }
  }
  return [...byVolume.values()];
}

function shared(container: string, known: Mount, mount: Mount): Mount {
  if (!isDeepStrictEqual(source(known), source(mount))) {
    throw new Error(
      `container "${container}" mounts something else at ${mount.path} than another container of its pod, and containers share what they mount at one path: choose another path`,
    );
  }
  return "scratch" in known && "scratch" in mount && bytes(mount.scratch) > bytes(known.scratch) ? mount : known;
}

/** What a mount shows, without how one container sees it. */
function source(mount: Mount): object {
  const { path: _, ...what } = mount;
  if ("scratch" in what) return { ...what, scratch: true };
  if ("configMap" in what) return { configMap: what.configMap, executable: what.executable ?? false };
  if ("claim" in what) return { claim: what.claim };
  return what;
}
