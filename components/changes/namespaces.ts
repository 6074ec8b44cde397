import { ofStack } from "../workload/labels.ts";
import type { LivingCluster } from "./living.ts";
import { steps } from "./refusal.ts";

/** Systems whose namespace another stack or a person has made: the update would take over what is in it. */
export function foreignNamespaces(
  stack: string,
  namespaces: Readonly<Record<string, string>>,
  declared: readonly string[],
  { namespaces: living }: Pick<LivingCluster, "namespaces">,
): string[] {
  return declared.flatMap((system) => {
    const name = namespaces[system]!;
    const there = living.find((namespace) => namespace.name === name);
    if (there === undefined || there.stack === stack) return [];
    const owner = there.stack === undefined ? "no stack has made it" : `stack ${there.stack} has made it`;
    return [
      `systems: names ${system}, and its namespace ${name} is there already: ${owner}. An update would take over what is in it. Bring ${stack} up on another cluster, or hand the namespace over: kubectl annotate namespace ${name} --overwrite ${ofStack}=${stack}`,
    ];
  });
}

/** Systems that the stack no longer names, while their data are there and kept. */
export function removedSystems(
  stack: string,
  retainData: boolean,
  namespaces: Readonly<Record<string, string>>,
  declared: readonly string[],
  { namespaces: living }: Pick<LivingCluster, "namespaces">,
): string[] {
  return Object.entries(namespaces)
    .filter(
      ([system, namespace]) =>
        !declared.includes(system) &&
        living.some((there) => there.name === namespace && there.stack === stack && there.retained),
    )
    .map(
      ([system, namespace]) =>
        `systems: does not name ${system}, and its namespace ${namespace} is there with data that ${retainData ? "retainData keeps" : "the last update kept, as retainData was true"}. Name ${system} again, or remove it with its data: ${steps("Remove a system")}`,
    );
}
