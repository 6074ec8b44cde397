import { z } from "zod";
import { NotEvaluable } from "../model/not-evaluable.ts";
import type { KubernetesObject } from "../model/kubernetes-object.ts";
import { podKinds } from "../model/pod-spec-walker.ts";

/** Numbers for the objects of a namespace, or for one workload of it. */
export interface Override {
  readonly namespace: string;
  /** `Deployment/bots-webserver`. @default every object of the namespace */
  readonly workload?: string | undefined;
  /** Those numbers of a rule that differ, by the rule's id. */
  readonly rules: Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;
}

/** Settings of which some hold for a namespace or a workload alone. */
export interface Overridable {
  /** In the order in which they apply. @default none */
  readonly overrides: readonly Override[];
}

const workload = new RegExp(`^(?:${podKinds.join("|")})/[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$`);

/**
 * The schema of overrides: the same numbers as in the sections, each of which may be left out. The most special apply
 * last.
 */
export function overridesOf(sections: Readonly<Record<string, z.ZodType>>) {
  const rules = Object.entries(sections).map(([id, section]) => [id, partial(section).optional()]);
  return z
    .array(
      z.strictObject({
        namespace: z.string().min(1).describe("Namespace whose objects have other numbers"),
        workload: z
          .string()
          .regex(workload, { error: `must be Kind/name with a kind of ${podKinds.join(", ")}` })
          .optional()
          .describe("One workload of it, as Kind/name"),
        rules: z
          .strictObject(Object.fromEntries(rules) as Record<string, z.ZodType>)
          .describe("The numbers that differ, by rule id"),
      }),
    )
    .default([])
    .describe(
      "Other numbers for a namespace or a workload; a workload's win over its namespace's, later ones over earlier ones",
    )
    .transform(
      (overrides) =>
        [
          ...overrides.filter((override) => !override.workload),
          ...overrides.filter((override) => override.workload),
        ] as Override[],
    );
}

/**
 * The settings that hold for an object. Where it is not known which object it is, the numbers that depend on it cannot
 * be read.
 */
export function settingsFor<Own extends Overridable>(object: KubernetesObject, settings: Own): Own {
  if (settings.overrides.length === 0) return settings;
  try {
    return settings.overrides
      .filter((override) => concerns(override, object))
      .reduce((own, override) => withRules(own, override), settings);
  } catch (error) {
    if (!(error instanceof NotEvaluable)) throw error;
    const uncertain = new Set(settings.overrides.flatMap(({ rules }) => Object.keys(rules)));
    return Object.defineProperties(
      { ...settings },
      Object.fromEntries(
        [...uncertain].map((id) => [
          id,
          {
            get() {
              throw error;
            },
          },
        ]),
      ),
    );
  }
}

function concerns({ namespace, workload }: Override, object: KubernetesObject): boolean {
  if (namespace !== (object.kind === "Namespace" ? object.name : object.namespace)) return false;
  return workload === undefined || workload === `${object.kind}/${object.name}`;
}

function withRules<Own extends Overridable>(settings: Own, { rules }: Override): Own {
  const sections = settings as unknown as Override["rules"];
  return {
    ...settings,
    ...Object.fromEntries(Object.entries(rules).map(([id, numbers]) => [id, { ...sections[id], ...numbers }])),
  };
}

/** A section in which nothing has a default, so that what an override leaves out stays as it was. */
function partial(section: z.ZodType): z.ZodType {
  const object = section instanceof z.ZodPrefault ? section.unwrap() : section;
  if (!(object instanceof z.ZodObject)) throw new Error("a rule's settings are an object");
  const fields = Object.entries(object.shape as Record<string, z.ZodType>);
  return z.strictObject(
    Object.fromEntries(
      fields.map(([name, field]) => [
        name,
        (field instanceof z.ZodDefault ? (field.unwrap() as z.ZodType) : field).optional(),
      ]),
    ),
  );
}
