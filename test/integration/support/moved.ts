/**
 * Fields that name a namespace wherever they stand: an object's own, a role binding's subjects, Velero's choice, a
 * network policy's peers.
 */
const fields: readonly string[] = ["namespace", "includedNamespaces", "kubernetes.io/metadata.name"];

/**
 * A copy in which every namespace that `names` knows bears its other name. Texts, such as scripts and host names, stay
 * as they are.
 */
export function moved<T>(value: T, names: ReadonlyMap<string, string>): T {
  const renamed = (name: unknown) => names.get(name as string) ?? name;
  const copy = (item: unknown, field?: string): unknown => {
    if (Array.isArray(item)) return item.map((element) => copy(element, field));
    if (item !== null && typeof item === "object")
      return Object.fromEntries(Object.entries(item).map(([key, inner]) => [key, copy(inner, key)]));
    return field !== undefined && fields.includes(field) ? renamed(item) : item;
  };
  const whole = copy(value) as T & { kind?: string; metadata?: { name: string } };
  if (whole.kind === "Namespace") whole.metadata!.name = renamed(whole.metadata!.name) as string;
  return whole;
}
