import { policyName } from "../../../../policies/admission/policy.ts";
import type { Manifest } from "../../../../policies/kubernetes-object.ts";
import { withManifest } from "../../../support/cluster.ts";
import { moved } from "../../support/moved.ts";
import { namespaces, selector } from "./gate.ts";

/** What the API server says to an object that it is asked to create. */
export interface ApiVerdict {
  /** The object as it would be stored, with every default; undefined where it is refused. */
  readonly object?: Manifest;
  /** Its answer, and its warnings. */
  readonly says: string;
}

/** Asks in a dry run for an object in one of the namespaces; a Namespace is asked for beside them, with the label of the guarded one. */
export async function askedFor(manifest: unknown, where: keyof typeof namespaces): Promise<ApiVerdict> {
  const own = moved(manifest as Manifest, new Map([["data", namespaces[where]]]));
  const object = own.kind === "Namespace" ? beside(own, where) : own;
  const { code, stdout, stderr } = await withManifest(object, "create", "--dry-run=server", "--validate=ignore", "--output=json");
  return code === 0 ? { object: JSON.parse(stdout) as Manifest, says: stderr } : { says: stderr };
}

function beside(namespace: Manifest, where: keyof typeof namespaces): Manifest {
  const labels = { ...namespace.metadata?.labels, ...(where === "guarded" && { [selector.key]: selector.value }) };
  return { ...namespace, metadata: { ...namespace.metadata, name: `${namespaces[where]}-new`, labels } };
}

/** Whether an answer is a refusal or a warning by a rule's policy. */
export const isBy = (ruleId: string, { says }: ApiVerdict): boolean => says.includes(`ValidatingAdmissionPolicy '${policyName(ruleId)}'`);
