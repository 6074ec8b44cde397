import { type SystemName, systems } from "../../components/systems/index.ts";
import { stackConfiguration } from "../../scripts/support/stack-configuration.ts";
import type { Rendered } from "./rendered-once.ts";

/** The namespaces of the systems whose objects stand in lists of tests that look at a whole stack. */
export const listedNamespaces: readonly string[] = ["data", "platform", "edi", "api-gateway", "techbra-test"];

/**
 * A stack without the systems of later days, which have lists in tests of their own: so that a new system changes no
 * test of another.
 */
export const listedOf = ({ objects, targets }: Rendered): Rendered => ({
  objects: objects.filter(({ kind, metadata }) =>
    listedNamespaces.includes(kind === "Namespace" ? metadata.name : metadata.namespace!),
  ),
  targets: targets.filter(({ namespace }) => listedNamespaces.includes(namespace)),
});

/** The systems that a stack's file names, in its order. */
export const deployedBy = (stack: string): SystemName[] =>
  JSON.parse(stackConfiguration(stack)["production-platform:systems"]!) as SystemName[];

/** Their namespaces. */
export const namespacesOf = (stack: string): string[] => deployedBy(stack).map((name) => systems[name].namespace);
