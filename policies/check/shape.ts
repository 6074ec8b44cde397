import { z } from "zod";
import { foreignPods } from "../foreign-pods.ts";
import type { KubernetesObject } from "../kubernetes-object.ts";
import { podKinds, podOf } from "../pod-spec-walker.ts";

const mapping = z.looseObject({}).nullish();
const texts = z.record(z.string(), z.string()).nullish();
const text = z.string().nullish();
const list = z.array(z.looseObject({})).nullish();
const containers = z.array(z.looseObject({
  name: text, image: text, command: z.array(z.string()).nullish(), args: z.array(z.string()).nullish(), env: list, envFrom: list, ports: list,
  volumeMounts: list, resources: mapping, securityContext: mapping,
})).nullish();
const manifestShape = z.looseObject({ metadata: z.looseObject({ name: text, namespace: text, labels: texts, annotations: texts }).nullish() });
const podShape = z.looseObject({ containers, initContainers: containers, ephemeralContainers: containers, volumes: list, securityContext: mapping });

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
  if (!(podKinds as readonly string[]).includes(object.kind)) return foreignPods(object).map(podProblem).find((problem) => problem !== undefined);
  return podProblem(object);
}

function podProblem(object: KubernetesObject): ShapeProblem | undefined {
  const pod = podOf(object);
  return pod === undefined ? { path: object.kind === "PodTemplate" ? "template" : "spec", message: "holds no pod" } : firstProblem(podShape, pod.spec, pod.path);
}

function firstProblem(shape: z.ZodType, value: unknown, root: string): ShapeProblem | undefined {
  const issue = shape.safeParse(value).error?.issues[0];
  if (issue === undefined) return undefined;
  const path = issue.path.reduce<string>((before, step) => before + stepOf(step, before === ""), root);
  return { path, message: issue.message.replace(/^Invalid input: /, "") };
}

function stepOf(step: PropertyKey, isFirst: boolean): string {
  if (typeof step === "number") return `[${step}]`;
  const name = String(step);
  return /^\w+$/.test(name) ? `${isFirst ? "" : "."}${name}` : `["${name}"]`;
}
