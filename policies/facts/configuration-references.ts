import { containersOf } from "../model/pod-spec-walker.ts";
import type { WalkedPod } from "../model/pod-spec-walker.ts";

/** A ConfigMap or Secret that a pod cannot start without. */
export interface ConfigurationReference {
  readonly kind: "ConfigMap" | "Secret";
  readonly name: string;
  /** The key that is asked for; undefined where the whole object is. */
  readonly key?: string;
  /** Where it is asked for, from the object's root. */
  readonly path: string;
}

interface Asked {
  readonly name?: string;
  readonly secretName?: string;
  readonly key?: string;
  readonly items?: readonly { readonly key: string }[];
  readonly optional?: boolean;
}

/**
 * The ConfigMaps and Secrets that a pod names in environments and volumes, and for its images; optional ones are left
 * out.
 */
export function* configurationOf(pod: WalkedPod): Generator<ConfigurationReference> {
  for (const { spec, path } of containersOf(pod)) {
    for (const [index, { configMapRef, secretRef }] of (spec.envFrom ?? []).entries()) {
      yield* asked("ConfigMap", configMapRef, `${path}.envFrom[${index}].configMapRef`);
      yield* asked("Secret", secretRef, `${path}.envFrom[${index}].secretRef`);
    }
    for (const [index, { valueFrom }] of (spec.env ?? []).entries()) {
      yield* asked("ConfigMap", valueFrom?.configMapKeyRef, `${path}.env[${index}].valueFrom.configMapKeyRef`);
      yield* asked("Secret", valueFrom?.secretKeyRef, `${path}.env[${index}].valueFrom.secretKeyRef`);
    }
  }
  for (const [index, reference] of (pod.spec.imagePullSecrets ?? []).entries())
    yield* asked("Secret", reference, `${pod.path}.imagePullSecrets[${index}]`);
  for (const [index, volume] of (pod.spec.volumes ?? []).entries()) {
    const path = `${pod.path}.volumes[${index}]`;
    yield* asked("ConfigMap", volume.configMap, `${path}.configMap`);
    yield* asked("Secret", volume.secret, `${path}.secret`);
    for (const [position, { configMap, secret }] of (volume.projected?.sources ?? []).entries()) {
      yield* asked("ConfigMap", configMap, `${path}.projected.sources[${position}].configMap`);
      yield* asked("Secret", secret, `${path}.projected.sources[${position}].secret`);
    }
  }
}

function* asked(
  kind: "ConfigMap" | "Secret",
  reference: Asked | null | undefined,
  path: string,
): Generator<ConfigurationReference> {
  const name = reference?.name ?? reference?.secretName; // a volume says secretName, all others name
  if (!reference || !name || reference.optional === true) return;
  const keys = reference.key === undefined ? (reference.items ?? []).map(({ key }) => key) : [reference.key];
  if (keys.length === 0) yield { kind, name, path };
  for (const key of keys) yield { kind, name, key, path };
}
