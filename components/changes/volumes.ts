import { parseQuantity } from "../../settings/quantity.ts";
import { claimOf, type LivingClaim, type LivingCluster } from "./living.ts";
import { steps } from "./refusal.ts";

/** A value of a stack with the path of the setting that it comes from. */
export interface Said<T = string> {
  readonly path: string;
  readonly value: T;
}

/** A volume as a stack declares it. */
export interface DeclaredVolume {
  readonly namespace: string;
  /** Name of its claim. With `per: "pod"` each pod has its own, with its number behind the name. */
  readonly claim: string;
  readonly per: "pod" | "stack";
  /**
   * `claim`: the update of the claim itself, or its operator, does it. `patch`: the claims were made by a StatefulSet,
   * which cannot change them.
   */
  readonly grownBy: "claim" | "patch";
  readonly size: Said;
  /** @default the class that the claim has */
  readonly storageClass?: Said;
  readonly accessMode?: Said;
  /** What a new claim begins with. */
  readonly source?: Said;
}

/** A claim of a StatefulSet whose size the stack sets from now on. */
export interface Growth {
  readonly namespace: string;
  /** Its name without the pod's number: those of the StatefulSet's template and of the StatefulSet. */
  readonly volume: string;
  readonly claim: string;
  readonly size: string;
}

/**
 * What a running cluster refuses, each as `path: what, why, and the way`, and the claims to grow beside their
 * StatefulSets.
 */
export interface VolumeChanges {
  readonly problems: readonly string[];
  readonly growths: readonly Growth[];
}

/** The most that all claims of a namespace may ask for together. */
export interface DeclaredQuota {
  readonly namespace: string;
  readonly size: Said;
}

interface Pair {
  readonly volume: DeclaredVolume;
  readonly claim: LivingClaim;
}

/** Compares what a stack declares with the claims that a cluster has. Claims that are not there yet ask for nothing. */
export function volumeChanges(
  declared: readonly DeclaredVolume[],
  { claims, growingClasses }: Pick<LivingCluster, "claims" | "growingClasses">,
  quotas: readonly DeclaredQuota[] = [],
): VolumeChanges {
  const pairs = declared.flatMap((volume) =>
    claims.filter((claim) => isOf(volume, claim)).map((claim) => ({ volume, claim })),
  );
  return {
    problems: [
      ...pairs.flatMap(({ volume, claim }) => [
        otherSize(volume, claim, growingClasses),
        otherMode(volume, claim),
        otherSource(volume, claim),
      ]),
      ...otherClasses(pairs),
      ...quotas.map((quota) => overQuota(quota, claims, pairs)),
    ].filter((problem) => problem !== undefined),
    growths: pairs
      .filter(
        ({ volume, claim }) =>
          volume.grownBy === "patch" && (claim.sizedByStack || bytes(claim.request) !== bytes(volume.size.value)),
      )
      .map(({ volume, claim }) => ({
        namespace: claim.namespace,
        volume: volume.claim,
        claim: claim.name,
        size: volume.size.value,
      })),
  };
}

const bytes = (quantity: string): number => parseQuantity(quantity)!;

/** Whether a claim is that volume, or the volume of one of its pods. */
export const isOf = (volume: DeclaredVolume, { namespace, name }: LivingClaim): boolean =>
  namespace === volume.namespace && (volume.per === "stack" ? name === volume.claim : claimOf(volume.claim, name));

const named = ({ namespace, name }: LivingClaim): string => `claim ${name} in ${namespace}`;

function otherSize(
  { size }: DeclaredVolume,
  claim: LivingClaim,
  growingClasses: ReadonlySet<string>,
): string | undefined {
  const [wanted, has] = [bytes(size.value), bytes(claim.request)];
  if (wanted === has) return undefined;
  const start = `${size.path}: is ${size.value}, and ${named(claim)} asks for ${claim.request}`;
  const back = `Write ${claim.request}`;
  if (!claim.bound)
    return `${start}. It is not bound to a volume yet, and cannot change before. ${back} until it is, or delete the claim if nothing is on it`;
  if (wanted > has) {
    if (claim.storageClass !== undefined && growingClasses.has(claim.storageClass)) return undefined;
    return `${start}. ${claim.storageClass === undefined ? "It has no storage class, and such volumes do not grow" : `Its storage class "${claim.storageClass}" does not let volumes grow (allowVolumeExpansion)`}. ${back}, or move the data to a larger volume: ${steps("Move data to another volume")}`;
  }
  // A growth that has not happened can be taken back: the API server looks at what the volume holds.
  if (claim.capacity !== undefined && wanted > bytes(claim.capacity)) return undefined;
  return `${start}. A volume never shrinks. ${back} or more, or move the data to a smaller volume: ${steps("Move data to another volume")}`;
}

/** A setting that names another class than the claims have is one problem, however many they are. */
function otherClasses(pairs: readonly Pair[]): string[] {
  const others = pairs.filter(
    ({ volume: { storageClass }, claim }) => storageClass !== undefined && storageClass.value !== claim.storageClass,
  );
  return [
    ...Map.groupBy(others, ({ volume, claim }) => `${volume.storageClass!.path} ${claim.storageClass}`).values(),
  ].map((same) => {
    const [{ volume, claim }] = same as [Pair];
    const { path, value } = volume.storageClass!;
    const has = claim.storageClass === undefined ? "none" : `"${claim.storageClass}"`;
    const whose =
      same.length === 1
        ? `${named(claim)} has ${has}`
        : `${same.length} claims have ${has}: ${same.map((each) => `${each.claim.name} in ${each.claim.namespace}`).join(", ")}`;
    return `${path}: is "${value}", and ${whose}. A volume keeps its storage class. ${claim.storageClass === undefined ? "Remove the setting" : `Write ${has}`}, or move the data to a volume of the other class: ${steps("Move data to another volume")}`;
  });
}

function otherMode({ accessMode }: DeclaredVolume, claim: LivingClaim): string | undefined {
  if (accessMode === undefined || claim.accessModes.includes(accessMode.value)) return undefined;
  return `${accessMode.path}: makes volumes ${accessMode.value}, and ${named(claim)} is ${claim.accessModes.join(", ")}. A volume keeps its access mode. Set it as it was, or move the data to another volume: ${steps("Move data to another volume")}`;
}

function otherSource({ source }: DeclaredVolume, claim: LivingClaim): string | undefined {
  if (source === undefined || source.value === claim.source) return undefined;
  return `${source.path}: is "${source.value}", and ${named(claim)} ${claim.source === undefined ? "was made empty" : `was filled from "${claim.source}"`}. A claim is filled only when it is made. Remove the setting, or restore into a new claim under another name: ${steps("Restore EDI's volume from a snapshot")}`;
}

/** The API server refuses a claim that grows past the quota; what is there already stays. */
function overQuota(
  { namespace, size }: DeclaredQuota,
  claims: readonly LivingClaim[],
  pairs: readonly Pair[],
): string | undefined {
  const wanted = new Map(pairs.map(({ volume, claim }) => [claim, bytes(volume.size.value)]));
  const inside = claims.filter((claim) => claim.namespace === namespace);
  const total = inside.reduce((sum, claim) => sum + (wanted.get(claim) ?? bytes(claim.request)), 0);
  if (total <= bytes(size.value) || !inside.some((claim) => (wanted.get(claim) ?? 0) > bytes(claim.request)))
    return undefined;
  const mebibytes = Math.ceil(total / bytes("1Mi"));
  const asked = mebibytes % 1024 === 0 ? `${mebibytes / 1024}Gi` : `${mebibytes}Mi`;
  return `${size.path}: is ${size.value}, and the claims in ${namespace} would ask for ${asked}. Write ${asked} or more`;
}
