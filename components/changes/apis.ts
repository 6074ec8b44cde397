import type { LivingCluster } from "./living.ts";
import { type DeclaredVolume, isOf, type Said } from "./volumes.ts";

/** An API that a stack's objects need, and the setting that brings them. */
export interface DeclaredApi {
  readonly setting: Said;
  /** Group and version: `cert-manager.io/v1`. */
  readonly api: string;
  /** What to do where it is not served: "Install …, or …". */
  readonly way: string;
}

/** Addons and engines that the cluster does not have. */
export const missingApis = (declared: readonly DeclaredApi[], { served }: Pick<LivingCluster, "served">): string[] =>
  declared
    .filter(({ api }) => !served.has(api))
    .map(
      ({ setting, api, way }) =>
        `${setting.path}: says "${setting.value}", and the cluster does not serve ${api}. ${way}`,
    );

/** Storage classes of new claims that the cluster does not have: their pods would wait for ever. */
export function missingClasses(
  declared: readonly DeclaredVolume[],
  { storageClasses, claims }: Pick<LivingCluster, "storageClasses" | "claims">,
): string[] {
  const isNew = (volume: DeclaredVolume) => !claims.some((claim) => isOf(volume, claim));
  const missing = new Map(
    declared
      .filter(isNew)
      .flatMap(({ storageClass }) =>
        storageClass === undefined || storageClasses.has(storageClass.value)
          ? []
          : [[storageClass.path, storageClass.value]],
      ),
  );
  return [...missing].map(
    ([path, value]) =>
      `${path}: is "${value}", and the cluster has no such storage class: it has ${[...storageClasses].join(", ") || "none"}. Write one of them, or make it first`,
  );
}
