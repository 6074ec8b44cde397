import { literal } from "../../cel/template.ts";
import { fromManifest } from "../../model/kubernetes-object.ts";
import { settingsFor } from "../../engine/overrides.ts";
import type { Settings } from "../../engine/settings.ts";

/** Settings, and the objects they hold for. */
export interface Variant {
  readonly settings: Settings;
  /** CEL that is true for those objects. @default all that no variant before it is for */
  readonly where?: string;
}

/**
 * The settings a rule has to be written out with: one for each workload and each namespace with numbers of its own,
 * then the usual ones.
 */
export function variantsOf(ruleId: string, settings: Settings): readonly Variant[] {
  const own = settings.overrides.filter(({ rules }) => rules[ruleId] !== undefined);
  const workloads = own.flatMap(({ namespace, workload }) =>
    workload === undefined ? [] : [`${namespace}/${workload}`],
  );
  const namespaces = own.flatMap(({ namespace, workload }) => (workload === undefined ? [namespace] : []));
  return [...[...new Set(workloads)].map(ofWorkload), ...[...new Set(namespaces)].map(ofNamespace), { settings }];

  function ofWorkload(path: string): Variant {
    const [namespace = "", kind = "", name = ""] = path.split("/");
    const where = `${inNamespace(namespace)} && request.kind.kind == ${literal(kind)} && object.metadata.name == ${literal(name)}`;
    return { where, settings: settingsOf({ apiVersion: "v1", kind, metadata: { name, namespace } }) };
  }

  function ofNamespace(name: string): Variant {
    return {
      where: inNamespace(name),
      settings: settingsOf({ apiVersion: "v1", kind: "Namespace", metadata: { name } }),
    };
  }

  function settingsOf(manifest: object): Settings {
    return fromManifest(manifest).map((object) => settingsFor(object, settings))[0] ?? settings;
  }
}

/** CEL of the number of the variant that holds for the object. */
export function variantNumber(variants: readonly Variant[]): string {
  return variants.map(({ where }, index) => (where === undefined ? `${index}` : `${where} ? ${index} : `)).join("");
}

function inNamespace(name: string): string {
  return `object.metadata.?namespace.orValue("") == ${literal(name)}`;
}
