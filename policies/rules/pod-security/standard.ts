import type { V1PodSecurityContext, V1SecurityContext } from "@kubernetes/client-node";
import { securityContexts } from "../../cel/pods.ts";
import { podKinds } from "../../model/pod-spec-walker.ts";
import type { WalkedContainer, WalkedPod } from "../../model/pod-spec-walker.ts";
import type { CelCheck, ContainerRule, Sources } from "../rule.ts";

/** What the rules of the Pod Security Standards have in common. */
export const standard = { row: ["X01"], severity: "critical", kinds: podKinds } as const;

/** A control of the baseline level, as its documentation names it, and who else asks for the same. */
export function baseline(control: string, others: Omit<Sources, "podSecurity"> = {}): { sources: Sources } {
  return { sources: { podSecurity: { level: "baseline", control }, ...others } };
}

/** A control of the restricted level, as its documentation names it, and who else asks for the same. */
export function restricted(control: string, others: Omit<Sources, "podSecurity"> = {}): { sources: Sources } {
  return { sources: { podSecurity: { level: "restricted", control }, ...others } };
}

/** Whether the pod says that it runs on Windows, where the API server refuses what only Linux knows. */
export function isWindows({ spec }: WalkedPod): boolean {
  return spec.os?.name === "windows";
}

/** Whether root in the pod is nobody on its node. */
export function hasUserNamespace({ spec }: WalkedPod): boolean {
  return spec.hostUsers === false;
}

/** The fields of a security context, the pod's and the containers' own. */
export type SecurityContext = V1PodSecurityContext & V1SecurityContext;

/** The security context of a pod or of a container, and where it is in the object. */
export interface PlacedContext {
  readonly path: string;
  readonly context: SecurityContext;
}

/**
 * The security contexts that a control looks at for a container: its own, and the pod's. What the pod sets wrongly is
 * wrong even where every
 * container has its own, and is said once, with the first of them.
 */
export function* securityContextsOf({ spec, path, pod }: WalkedContainer): Generator<PlacedContext> {
  const shared = spec === pod.spec.containers?.[0] ? pod.spec.securityContext : undefined;
  if (shared) yield { path: `${pod.path}.securityContext`, context: shared as SecurityContext };
  if (spec.securityContext) yield { path: `${path}.securityContext`, context: spec.securityContext as SecurityContext };
}

/** A control about fields that are wrong wherever they are set. */
interface ContextControl extends Omit<ContainerRule, "scope" | "check" | "admission" | "kinds" | "row"> {
  /** What is wrong in a security context, by field. */
  inspect(context: SecurityContext): Iterable<{ readonly field: string; readonly message: string }>;
  /** CEL that is true where `context` is fine, and what is wrong elsewhere. */
  readonly cel: CelCheck;
}

/** The rule of a control about security contexts. */
export function contextRule({ inspect, cel, ...text }: ContextControl): ContainerRule {
  return {
    ...text,
    row: standard.row,
    kinds: standard.kinds,
    scope: "container",
    admission: [{ ...cel, expression: `${securityContexts}.all(context, ${cel.expression})` }],
    *check(container) {
      for (const { path, context } of securityContextsOf(container)) {
        for (const { field, message } of inspect(context)) yield { path: `${path}.${field}`, message };
      }
    },
  };
}
