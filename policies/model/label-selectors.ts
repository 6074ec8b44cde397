import type { V1LabelSelector } from "@kubernetes/client-node";

/** Labels of an object or of the pods it makes. */
export type Labels = Readonly<Record<string, string>>;

/** Whether a label selector matches; `{}` matches all pods, a missing selector none. */
export function selects(selector: V1LabelSelector | undefined, labels: Labels): boolean {
  if (selector === undefined || selector === null) return false;
  const equal = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  return (
    equal &&
    (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
      const value = labels[key];
      switch (operator) {
        case "In":
          return value !== undefined && values.includes(value);
        case "NotIn":
          return value === undefined || !values.includes(value);
        case "Exists":
          return value !== undefined;
        case "DoesNotExist":
          return value === undefined;
        default:
          return false;
      }
    })
  );
}

/** Whether a selector asks for nothing, and so matches every label set there is. */
export function matchesAll({ matchLabels, matchExpressions }: V1LabelSelector): boolean {
  return Object.keys(matchLabels ?? {}).length === 0 && (matchExpressions ?? []).length === 0;
}
