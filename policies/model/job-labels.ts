import type { KubernetesObject } from "./kubernetes-object.ts";

/** The labels that a Job puts on all of its pods; none for one that gets its name from the server. */
export function jobLabels({ manifest: { metadata } }: KubernetesObject): Readonly<Record<string, string>> {
  const name = metadata?.name;
  return name === undefined ? {} : { "job-name": name, "batch.kubernetes.io/job-name": name };
}
