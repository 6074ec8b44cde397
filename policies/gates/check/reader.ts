import { basename } from "node:path";
import { groupOf } from "../../model/kind-groups.ts";
import { fromManifest } from "../../model/kubernetes-object.ts";
import type { KubernetesObject } from "../../model/kubernetes-object.ts";
import { documentsOf, jsonValuesOf, unreadByKubectl } from "./documents.ts";
import type { TextDocument } from "./documents.ts";
import type { Inputs, InputText, Problem, Skipped } from "./inputs.ts";
import { isKustomization, partsOfKustomizations } from "./kustomize.ts";
import { locate, locationAt } from "./locations.ts";
import { shapeProblem } from "./shape.ts";
import { parseDocument } from "./yaml.ts";
import type { Parsed, Unreadable } from "./yaml.ts";

/** Where an object was read. */
export interface Origin {
  readonly document: TextDocument;
  /** The object's path in the document: empty, or `items[3]` in a List. */
  readonly path: string;
}

/** What was read from files. */
export interface Read {
  readonly objects: readonly KubernetesObject[];
  readonly origins: ReadonlyMap<KubernetesObject, Origin>;
  readonly problems: readonly Problem[];
  readonly skipped: readonly Skipped[];
  /** Files with at least one object. */
  readonly files: number;
}

/** Kinds of documents that are often found beside manifests, by what tells them. */
const foreign: readonly (readonly [reason: string, is: (file: string, value: Fields) => boolean])[] = [
  [
    "a kustomization: build it first (kubectl kustomize)",
    (file, { apiVersion }) => isKustomization(file) || String(apiVersion).startsWith("kustomize.config.k8s.io/"),
  ],
  [
    "a Helm chart's description: render the chart first (helm template)",
    (file, { kind }) => file === "Chart.yaml" && kind === undefined,
  ],
  [
    "values of a Helm chart: render the chart first (helm template)",
    (file, { apiVersion }) => /^values.*\.ya?ml$/i.test(file) && apiVersion === undefined,
  ],
];
const noObject = "no Kubernetes object: it has neither apiVersion nor kind";

interface Fields {
  readonly apiVersion?: unknown;
  readonly kind?: unknown;
  readonly metadata?: unknown;
  readonly spec?: unknown;
  readonly items?: unknown;
}

/** The objects of all texts. What is wrong with one document hides nothing about the others. */
export function readObjects(inputs: Inputs): Read {
  const objects: KubernetesObject[] = [];
  const origins = new Map<KubernetesObject, Origin>();
  const problems = [...inputs.problems];
  const skipped = [...inputs.skipped];
  const files = new Set<string>();
  const problem = (document: TextDocument, message: string, offset = 0) =>
    problems.push({ ...locationAt(document, offset), message });

  const addDocument = (document: TextDocument, input: InputText): void => {
    const unread = unreadByKubectl(document);
    if (unread !== undefined) return void problem(document, unread);
    let parsed: Parsed;
    try {
      parsed = parseDocument(document.text);
    } catch (error) {
      const values = jsonValuesOf(document);
      const { message, offset } = error as Unreadable;
      if (values !== undefined) for (const one of values) addDocument(one, input);
      else if (input.named || /\b(?:apiVersion|kind)["']?[ \t]*:/.test(input.text)) problem(document, message, offset);
      else
        skipped.push({
          file: input.file,
          line: document.linesBefore + 1,
          reason: `no Kubernetes object, and ${message}`,
        });
      return;
    }
    for (const { offset, message } of parsed.ambiguities) problem(document, message, offset);
    const isNamed = parsed.ambiguities.length > 0;
    for (const { item, path } of itemsOf(parsed.value, "")) addItem(document, item, path, isNamed);
  };

  /** `isNamed` says that a problem of the document is named already. */
  const addItem = (document: TextDocument, item: unknown, path: string, isNamed: boolean): void => {
    const skip = (reason: string) => skipped.push({ file: document.file, line: document.linesBefore + 1, reason });
    if (item === null || item === undefined) return;
    if (typeof item !== "object") return void skip(noObject);
    const fields = item as Fields;
    const reason = foreign.find(([, is]) => is(basename(document.file), fields))?.[0];
    if (reason !== undefined) return void skip(reason);
    const [object] = fromManifest(item);
    const wrong = object === undefined ? undefined : shapeProblem(object);
    if (object !== undefined && wrong !== undefined) {
      const place = [path, wrong.path].filter((part) => part !== "").join(".");
      problems.push({
        ...locate(document, [place])(place),
        message: `${object.ref} ${refused(object)}: ${wrong.path} ${wrong.message}`,
      });
    } else if (object !== undefined) {
      objects.push(object);
      origins.set(object, { document, path });
      files.add(document.file);
    } else if (isNamed) {
      return;
    } else if (fields.metadata !== undefined || fields.spec !== undefined) {
      const missing = ["apiVersion", "kind"]
        .filter((field) => typeof fields[field as "kind"] !== "string")
        .join(" and no ");
      problem(document, `looks like a Kubernetes object, but ${path === "" ? "it" : path} has no ${missing}`);
    } else {
      skip(noObject);
    }
  };

  const parts = partsOfKustomizations(inputs.texts);
  for (const input of inputs.texts) {
    const kustomization = parts.get(input.file);
    if (kustomization !== undefined)
      skipped.push({
        file: input.file,
        reason: `a part of ${basename(kustomization)}, which is no object by itself: build it (kubectl kustomize)`,
      });
    else for (const document of documentsOf(input.file, input.text)) addDocument(document, input);
  }
  return { objects, origins, problems, skipped, files: files.size };
}

/** Only of Kubernetes' own kinds is it known what an API server takes. */
function refused({ apiVersion }: KubernetesObject): string {
  return groupOf(apiVersion).includes(".") && !groupOf(apiVersion).endsWith(".k8s.io")
    ? "cannot be judged"
    : "is no object that an API server takes";
}

/**
 * The items of a List, of a list of one kind as the API server answers it, and of a plain list; anything else is its
 * own item.
 */
function* itemsOf(value: unknown, path: string): Generator<{ item: unknown; path: string }> {
  const { apiVersion, kind, items } = (Array.isArray(value) ? { items: value } : (value ?? {})) as Fields;
  const isList = Array.isArray(value) || (typeof kind === "string" && kind.endsWith("List"));
  if (!isList || !Array.isArray(items)) {
    yield { item: value, path };
    return;
  }
  // An API server leaves out in each item what the list says for all.
  const itemKind = typeof kind === "string" && kind !== "List" ? { apiVersion, kind: kind.replace(/List$/, "") } : {};
  const field = Array.isArray(value) ? "" : `${path === "" ? "" : `${path}.`}items`;
  for (const [index, item] of items.entries()) {
    const named =
      typeof item === "object" && item !== null && (item as Fields).kind === undefined
        ? { ...itemKind, ...item }
        : item;
    yield* itemsOf(named, `${field}[${index}]`);
  }
}
