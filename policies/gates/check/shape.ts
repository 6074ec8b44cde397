import { z } from "zod";
import { foreignPods } from "../../model/foreign-pods.ts";
import type { KubernetesObject } from "../../model/kubernetes-object.ts";
import { podKinds, podOf } from "../../model/pod-spec-walker.ts";

const mapping = z.object({}).nullish();
const texts = z.record(z.string(), z.string().nullish()).nullish(); // nothing behind a key is an empty text
const textList = z.array(z.string()).nullish();
const text = z.string().nullish();
const number = z.number().nullish();
const truth = z.boolean().nullish();
const textOrNumber = z.union([z.string(), z.number()], { error: "expected a number or a text" }).nullish();
const share = z
  .union([z.number(), z.string().regex(/^\d+%$/, "expected a number or a percentage")], {
    error: "expected a number or a percentage",
  })
  .nullish();
const list = z.array(z.object({})).nullish();
const port = z.object({ containerPort: number, hostPort: number, name: text });
const containerContext = z
  .looseObject({
    privileged: truth,
    allowPrivilegeEscalation: truth,
    readOnlyRootFilesystem: truth,
    runAsNonRoot: truth,
    runAsUser: number,
    runAsGroup: number,
    procMount: text,
    capabilities: z.object({ add: textList, drop: textList }).nullish(),
  })
  .nullish();
const probe = z
  .looseObject({ timeoutSeconds: number, periodSeconds: number, failureThreshold: number, initialDelaySeconds: number })
  .nullish();
const containers = z
  .array(
    z.object({
      name: text,
      image: text,
      command: textList,
      args: textList,
      env: z.array(z.object({ name: text, value: text })).nullish(),
      envFrom: list,
      ports: z.array(port).nullish(),
      volumeMounts: list,
      resources: mapping,
      securityContext: containerContext,
      livenessProbe: probe,
      readinessProbe: probe,
      startupProbe: probe,
    }),
  )
  .nullish();
const manifestShape = z.object({
  metadata: z.object({ name: text, namespace: text, labels: texts, annotations: texts }).nullish(),
});
const podShape = z.object({
  containers,
  initContainers: containers,
  ephemeralContainers: containers,
  volumes: list,
  imagePullSecrets: list,
  serviceAccountName: text,
  hostNetwork: truth,
  hostPID: truth,
  hostIPC: truth,
  hostUsers: truth,
  shareProcessNamespace: truth,
  automountServiceAccountToken: truth,
  terminationGracePeriodSeconds: number,
  securityContext: z
    .looseObject({ runAsNonRoot: truth, runAsUser: number, runAsGroup: number, fsGroup: number, sysctls: list })
    .nullish(),
});

const selector = z
  .strictObject({
    matchLabels: texts,
    matchExpressions: z.array(z.object({ key: z.string(), operator: z.string(), values: textList })).nullish(),
  })
  .nullish();
const peers = z
  .array(
    z.strictObject({
      podSelector: selector,
      namespaceSelector: selector,
      ipBlock: z.object({ cidr: z.string(), except: textList }).nullish(),
    }),
  )
  .nullish();
const flowPorts = z.array(z.strictObject({ port: textOrNumber, endPort: number, protocol: text })).nullish();
const spec = (fields: z.ZodType) => z.object({ spec: fields.nullish() });
const role = z.object({
  rules: z
    .array(
      z.object({
        verbs: textList,
        apiGroups: textList,
        resources: textList,
        resourceNames: textList,
        nonResourceURLs: textList,
      }),
    )
    .nullish(),
});
const binding = z.object({ roleRef: mapping, subjects: list });
const data = z.object({ data: texts, stringData: texts });

/** Kinds of which rules read more than the metadata and the pod. */
const kindShapes: Readonly<Record<string, z.ZodType>> = {
  Role: role,
  ClusterRole: role,
  RoleBinding: binding,
  ClusterRoleBinding: binding,
  ConfigMap: data,
  Secret: data,
  ServiceAccount: z.object({ automountServiceAccountToken: truth }),
  NetworkPolicy: spec(
    z.strictObject({
      podSelector: selector,
      policyTypes: textList,
      ingress: z.array(z.strictObject({ from: peers, ports: flowPorts })).nullish(),
      egress: z.array(z.strictObject({ to: peers, ports: flowPorts })).nullish(),
    }),
  ),
  Service: spec(
    z.object({
      selector: texts,
      type: text,
      clusterIP: text,
      externalIPs: textList,
      loadBalancerSourceRanges: textList,
      ports: z.array(z.object({ port: number, targetPort: textOrNumber, name: text, protocol: text })).nullish(),
    }),
  ),
  PodDisruptionBudget: spec(z.object({ selector, minAvailable: share, maxUnavailable: share })),
  Ingress: spec(
    z.object({
      rules: z
        .array(
          z.object({
            host: text,
            http: z.object({ paths: z.array(z.object({ backend: mapping })).nullish() }).nullish(),
          }),
        )
        .nullish(),
      tls: z.array(z.object({ hosts: textList, secretName: text })).nullish(),
      defaultBackend: mapping,
    }),
  ),
  HorizontalPodAutoscaler: spec(
    z.object({ scaleTargetRef: mapping, minReplicas: number, maxReplicas: number, metrics: list }),
  ),
  Deployment: spec(z.object({ replicas: number, selector, strategy: mapping })),
  StatefulSet: spec(z.object({ replicas: number, selector, volumeClaimTemplates: list })),
  DaemonSet: spec(z.object({ selector })),
  Job: spec(
    z.object({ parallelism: number, completions: number, backoffLimit: number, activeDeadlineSeconds: number }),
  ),
  CronJob: spec(z.object({ schedule: text, timeZone: text, suspend: truth, startingDeadlineSeconds: number })),
  ResourceQuota: spec(z.object({ hard: mapping })),
  LimitRange: spec(z.object({ limits: list })),
};

/** A field whose shape no API server takes, so that rules about its contents have nothing to say. */
export interface ShapeProblem {
  /** From the object's root. */
  readonly path: string;
  /** `expected array, received string`. */
  readonly message: string;
}

/** What is wrong with the shape of an object's metadata, or of the pods in it; undefined where rules can judge it. */
export function shapeProblem(object: KubernetesObject): ShapeProblem | undefined {
  const ofManifest = firstProblem(manifestShape, object.manifest, "");
  if (ofManifest !== undefined) return ofManifest;
  const shape = Object.hasOwn(kindShapes, object.kind) ? kindShapes[object.kind] : undefined;
  const ofKind = shape === undefined ? undefined : firstProblem(shape, object.manifest, "");
  if (ofKind !== undefined) return ofKind;
  if (!(podKinds as readonly string[]).includes(object.kind))
    return foreignPods(object)
      .map(podProblem)
      .find((problem) => problem !== undefined);
  return podProblem(object);
}

function podProblem(object: KubernetesObject): ShapeProblem | undefined {
  const pod = podOf(object);
  return pod === undefined
    ? { path: object.kind === "PodTemplate" ? "template" : "spec", message: "holds no pod" }
    : firstProblem(podShape, pod.spec, pod.path);
}

function firstProblem(shape: z.ZodType, value: unknown, root: string): ShapeProblem | undefined {
  const issue = shape.safeParse(value).error?.issues[0];
  if (issue === undefined) return undefined;
  const path = issue.path.reduce<string>((before, step) => before + stepOf(step, before === ""), root);
  if (issue.code === "unrecognized_keys")
    return {
      path: [path, issue.keys[0]].filter((step) => step !== "").join("."),
      message: "is no field that there is",
    };
  return { path, message: issue.message.replace(/^Invalid input: /, "") };
}

function stepOf(step: PropertyKey, isFirst: boolean): string {
  if (typeof step === "number") return `[${step}]`;
  const name = String(step);
  return /^\w+$/.test(name) ? `${isFirst ? "" : "."}${name}` : `["${name}"]`;
}
