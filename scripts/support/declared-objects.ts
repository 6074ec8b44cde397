import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { checkout } from "./checkout.ts";

/** A resource as the program declares it, before any engine or cluster has seen it. */
export interface DeclaredResource {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
}

/** A plain Kubernetes object. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Record<string, string>; readonly annotations?: Record<string, string> };
  readonly [field: string]: unknown;
}

/** The values of a stack's file as the engine hands them to the program: one text for each name. */
export function stackConfiguration(stack: string): Record<string, string> {
  const file = join(checkout, `Pulumi.${stack}.yaml`);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw new Error(`there is no stack "${stack}": ${file} does not exist`);
  }
  const { config = {} } = parse(text) as { config?: Record<string, unknown> };
  return Object.fromEntries(Object.entries(config).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]));
}

/**
 * Runs a part of the program against Pulumi's mocks and returns all it declares, in order. Needs no engine and no cluster.
 * Generated passwords have no value here. Pulumi's program state is global to a process, so only one may run at a time.
 */
export async function declaredBy(part: () => unknown, configuration: Record<string, string>): Promise<DeclaredResource[]> {
  const declared: DeclaredResource[] = [];
  await pulumi.runtime.setMocks({
    newResource: ({ type, name, inputs }) => {
      declared.push({ type, name, inputs });
      return { id: `${name}-id`, state: inputs };
    },
    call: ({ inputs }) => inputs,
  }, "production-platform", "declared", true);
  pulumi.runtime.setAllConfig(configuration);
  try {
    await part();
  } finally {
    await pulumi.runtime.disconnect();
  }
  return declared;
}

/** All that the whole program of a stack declares. Once a process: Node.js runs a module once. */
export const declaredResources = (configuration: Record<string, string>): Promise<DeclaredResource[]> => declaredBy(() => import("../../index.ts"), configuration);

/** The Kubernetes objects among declared resources. */
export function manifests(declared: readonly DeclaredResource[]): Manifest[] {
  return declared
    .filter(({ type, inputs }) => type.startsWith("kubernetes:") && typeof inputs["kind"] === "string" && typeof inputs["apiVersion"] === "string")
    .map(({ inputs }) => withoutEngineNotes(withoutSecretMarks(inputs) as Manifest));
}

/** Annotations that only Pulumi's provider reads mean nothing to anyone else. */
function withoutEngineNotes(object: Manifest): Manifest {
  const { annotations = {}, ...metadata } = object.metadata;
  const kept = Object.entries(annotations).filter(([name]) => !name.startsWith("pulumi.com/"));
  return { ...object, metadata: { ...metadata, ...(kept.length > 0 && { annotations: Object.fromEntries(kept) }) } };
}

const unknownMark = "__pulumiUnknown";

/** Values under mocks may still carry the envelope that marks them secret; generated ones have no value at all. */
function withoutSecretMarks(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecretMarks);
  if (value === null || typeof value !== "object") return value;
  const record = value as Record<string, unknown>;
  if ("4dabf18193072939515e22adb298388d" in record) return withoutSecretMarks(record["value"]);
  const entries = Object.entries(record).filter(([, item]) => !(item !== null && typeof item === "object" && unknownMark in item));
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutSecretMarks(item)]));
}
