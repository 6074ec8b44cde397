import { kindOf } from "./kind-groups.ts";
import { NotEvaluable } from "./not-evaluable.ts";

/** The part of a manifest every kind shares; the rest is read by the rule that knows the kind. */
export interface Manifest {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: {
    readonly name?: string;
    readonly generateName?: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly unknown[];
  };
  readonly [field: string]: unknown;
}

/**
 * One Kubernetes object, whichever gate it came through. Reading a field whose value is not known yet throws
 * {@link NotEvaluable}, so that no rule can mistake "unknown" for "absent".
 */
export interface KubernetesObject {
  readonly apiVersion: string;
  /** With its group where rules know another kind of that name: see `kindOf`. */
  readonly kind: string;
  readonly name: string;
  /** Empty for cluster-wide kinds, `default` where a namespaced object names none. */
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly manifest: Manifest;
  /** `Deployment data/bgc-api`: how messages name the object. Safe to read always. */
  readonly ref: string;
  /** The Pulumi resource it belongs to. */
  readonly urn?: string;
  /** Why it stands for all objects of its kind, none of which can be seen. @default it stands for itself */
  readonly unseen?: string;
}

/** What a Pulumi policy knows of a resource. */
export interface PulumiResource {
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  readonly props: Readonly<Record<string, unknown>>;
}

/** Kinds without a namespace: Kubernetes' own, and those of widely used operators. */
const clusterWide = new Set([
  "Namespace",
  "Node",
  "PersistentVolume",
  "ComponentStatus",
  "ClusterRole",
  "ClusterRoleBinding",
  "PriorityClass",
  "RuntimeClass",
  "IngressClass",
  "IPAddress",
  "ServiceCIDR",
  "StorageClass",
  "VolumeAttachment",
  "VolumeAttributesClass",
  "CSIDriver",
  "CSINode",
  "DeviceClass",
  "DeviceTaintRule",
  "ResourceSlice",
  "CustomResourceDefinition",
  "APIService",
  "StorageVersionMigration",
  "CertificateSigningRequest",
  "ClusterTrustBundle",
  "FlowSchema",
  "PriorityLevelConfiguration",
  "ValidatingAdmissionPolicy",
  "ValidatingAdmissionPolicyBinding",
  "MutatingAdmissionPolicy",
  "MutatingAdmissionPolicyBinding",
  "ValidatingWebhookConfiguration",
  "MutatingWebhookConfiguration",
  "ClusterIssuer",
  "VolumeSnapshotClass",
  "VolumeSnapshotContent",
  "GatewayClass",
  "ClusterSecretStore",
  "ClusterExternalSecret",
  "ClusterTriggerAuthentication",
  "AdminNetworkPolicy",
  "BaselineAdminNetworkPolicy",
  "CiliumClusterwideNetworkPolicy",
  "ClusterPolicy",
]);

const pulumiType = /^kubernetes:(?<group>[^:]+):(?<kind>[A-Za-z0-9]+)$/;

/**
 * The objects of one manifest: itself, or the items of a List. Anything that is not a Kubernetes object yields nothing.
 */
export function fromManifest(manifest: unknown, origin: { name?: string; urn?: string } = {}): KubernetesObject[] {
  if (!isManifest(manifest)) return [];
  if (manifest.kind.endsWith("List") && Array.isArray(manifest.items)) {
    return manifest.items.flatMap((item) => fromManifest(item, origin));
  }
  return [describe(manifest, origin)];
}

/** The objects of a Pulumi resource, judged by its inputs; nothing for resources of other providers. */
export function fromPulumi(resource: PulumiResource): KubernetesObject[] {
  const token = pulumiType.exec(resource.type)?.groups;
  if (token === undefined || opaqueReason(resource) !== undefined) return [];
  const copy = copyKnown(resource.props, "") as Record<string, unknown>;
  // The SDK always sends both; programs in YAML and tests may leave them to the type.
  if (!Object.hasOwn(copy, "apiVersion")) copy["apiVersion"] = token["group"]?.replace(/^core\//, "");
  if (!Object.hasOwn(copy, "kind")) copy["kind"] = token["kind"];
  return fromManifest(copy, resource);
}

/** Why the objects behind a Kubernetes resource cannot be seen at all; undefined for all others. */
export function opaqueReason(resource: Pick<PulumiResource, "type">): string | undefined {
  const token = pulumiType.exec(resource.type)?.groups;
  if (token?.["kind"]?.endsWith("Patch")) return "a patch shows only a part of the object it changes";
  if (token?.["group"]?.startsWith("helm.sh/") && token["kind"] === "Release")
    return "a Helm release is rendered by the provider; use a Chart, whose objects are seen";
  return undefined;
}

function isManifest(value: unknown): value is Manifest & { kind: string; apiVersion: string } {
  if (typeof value !== "object" || value === null) return false;
  const { apiVersion, kind } = value as Manifest;
  return typeof apiVersion === "string" && typeof kind === "string";
}

function describe(
  manifest: Manifest & { kind: string; apiVersion: string },
  origin: { name?: string; urn?: string },
): KubernetesObject {
  const { apiVersion } = manifest;
  const kind = kindOf(apiVersion, manifest.kind);
  const name = () => manifest.metadata?.name ?? manifest.metadata?.generateName ?? origin.name ?? "(unnamed)";
  const namespace = () => manifest.metadata?.namespace ?? (clusterWide.has(kind) ? "" : "default");
  const shownNamespace = shown(namespace, "(unknown namespace)");
  return {
    apiVersion,
    kind,
    manifest,
    ref: `${kind} ${shownNamespace === "" ? "" : `${shownNamespace}/`}${shown(name, origin.name ?? "(unknown name)")}`,
    ...(origin.urn === undefined ? {} : { urn: origin.urn }),
    get name() {
      return name();
    },
    get namespace() {
      return namespace();
    },
    get labels() {
      return manifest.metadata?.labels ?? {};
    },
    get annotations() {
      return manifest.metadata?.annotations ?? {};
    },
  };
}

function shown(read: () => string, unknown: string): string {
  try {
    return read();
  } catch {
    return unknown;
  }
}

/**
 * A plain copy of what the policy SDK hands over. The SDK's proxies throw on unknown values and would abort a whole
 * policy; here only the
 * unknown field itself keeps throwing, so that a rule which does not need it is still evaluated.
 */
function copyKnown(value: unknown, path: string): unknown {
  if (typeof value !== "object" || value === null) return value;
  const copy: Record<string, unknown> = Array.isArray(value) ? ([] as unknown as Record<string, unknown>) : {};
  for (const key of Object.keys(value)) {
    const at = Array.isArray(value) ? `${path}[${key}]` : `${path}${path === "" ? "" : "."}${key}`;
    let field: unknown;
    try {
      field = (value as Record<string, unknown>)[key];
    } catch (error) {
      if ((error as Error).constructor.name !== "UnknownValueError") throw error;
      Object.defineProperty(copy, key, {
        enumerable: true,
        get: () => {
          throw new NotEvaluable(`the value of ${at} is not known before it is created`);
        },
      });
      continue;
    }
    copy[key] = copyKnown(field, at);
  }
  return copy;
}
