import { posix } from "node:path";
import type { InputText } from "./inputs.ts";
import { parse } from "./yaml.ts";

/** Fields whose entries name a file by `path`, and fields that list files. */
const withPaths = ["patches", "patchesJson6902", "replacements"];
const lists = ["patchesStrategicMerge", "configurations"];
/** Fields whose entries list the files that a ConfigMap or Secret holds, each as it is or behind a key: `key=file`. */
const generators = ["configMapGenerator", "secretGenerator"];

/** Whether a file is a kustomization by its name. */
export function isKustomization(file: string): boolean {
  return /^kustomization\.ya?ml$/i.test(posix.basename(file));
}

/**
 * Files that kustomizations make objects with, and that are none: patches, settings of kustomize, and the contents of
 * ConfigMaps. Each with its kustomization.
 */
export function partsOfKustomizations(texts: readonly InputText[]): ReadonlyMap<string, string> {
  const parts = new Map<string, string>();
  for (const { file, text } of texts) {
    if (!isKustomization(file)) continue;
    for (const name of namesIn(text)) parts.set(posix.join(posix.dirname(file), name), file);
  }
  return parts;
}

function namesIn(text: string): string[] {
  let value: unknown;
  try {
    value = parse(text);
  } catch {
    return []; // the reader says what is wrong with it
  }
  if (typeof value !== "object" || value === null) return [];
  const listOf = (holder: unknown, field: string): readonly unknown[] => {
    const list = (holder as Record<string, unknown> | null)?.[field];
    return Array.isArray(list) ? list : [];
  };
  const paths = withPaths
    .flatMap((field) => listOf(value, field))
    .map((entry) => (entry as { path?: unknown } | null)?.path);
  const generated = generators
    .flatMap((field) => listOf(value, field))
    .flatMap((entry) => listOf(entry, "files"))
    .map((name) => String(name).replace(/^[^=]*=/, ""));
  const names = [...paths, ...lists.flatMap((field) => listOf(value, field)), ...generated];
  return names.filter((name): name is string => typeof name === "string" && !name.includes("\n"));
}
