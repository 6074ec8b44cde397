import * as module from "node:module";
import { stepAside } from "./step-aside.ts";

/** npm's package manager. */
const manager = "@npmcli/arborist";

/**
 * Pulumi's SDK loads npm's package manager, four hundred files, which it uses only to pack serialized functions: this
 * project has none, so another module stands in its place. An SDK that does not depend on it is left as it is.
 */
export function withoutPackageManager(
  { dependencies = {} }: { dependencies?: Readonly<Record<string, string>> } = module.createRequire(import.meta.url)(
    "@pulumi/pulumi/package.json",
  ),
  { registerHooks }: Partial<Pick<typeof module, "registerHooks">> = module,
): void {
  if (dependencies[manager] === undefined) {
    stepAside("without-package-manager", `Pulumi's SDK does not depend on ${manager}`);
    return;
  }
  // Node.js 20 cannot leave it out.
  registerHooks?.({
    resolve: (specifier, context, next) =>
      specifier === manager ? { url: "node:util", format: "builtin", shortCircuit: true } : next(specifier, context),
  });
}

// Before the SDK: whoever imports this file first imports the SDK without it.
withoutPackageManager();
