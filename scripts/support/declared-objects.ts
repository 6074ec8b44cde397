import "../../patches/without-package-manager.ts";
import * as pulumi from "@pulumi/pulumi";
import { withoutPulumisTraces } from "../../patches/stack-traces.ts";
import { inMemoryMessages } from "../../patches/in-memory-messages.ts";
import { keepNotes } from "../../patches/kept-notes.ts";

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
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Record<string, string>;
    readonly annotations?: Record<string, string>;
  };
  readonly [field: string]: unknown;
}

/**
 * Runs a part of the program against Pulumi's mocks and returns all it declares, in order. Needs no engine and no
 * cluster.
 * Generated passwords have no value here. Pulumi's program state is global to a process, so only one may run at a time.
 */
export async function declaredBy(
  part: () => unknown,
  configuration: Record<string, string>,
  stack = "declared",
): Promise<DeclaredResource[]> {
  const declared: DeclaredResource[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        declared.push({ type, name, inputs });
        return { id: `${name}-id`, state: inputs };
      },
      call: ({ inputs }) => inputs,
    },
    "production-platform",
    stack,
    true,
  );
  pulumi.runtime.setAllConfig(configuration);
  const restore = [withoutPulumisTraces(), inMemoryMessages(), keepNotes()];
  try {
    await part();
  } finally {
    await pulumi.runtime.disconnect().finally(() => restore.forEach((back) => back()));
  }
  return declared;
}

/** All that the whole program of a stack declares. Once a process: Node.js runs a module once. */
export const declaredResources = (configuration: Record<string, string>, stack?: string): Promise<DeclaredResource[]> =>
  declaredBy(() => import("../../index.ts"), configuration, stack);

/** The Kubernetes objects among declared resources. */
export function manifests(declared: readonly DeclaredResource[]): Manifest[] {
  return declared
    .filter(
      ({ type, inputs }) =>
        type.startsWith("kubernetes:") &&
        typeof inputs["kind"] === "string" &&
        typeof inputs["apiVersion"] === "string",
    )
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
  const entries = Object.entries(record).filter(
    ([, item]) => !(item !== null && typeof item === "object" && unknownMark in item),
  );
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutSecretMarks(item)]));
}
