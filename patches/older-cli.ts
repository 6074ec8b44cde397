import { stepAside } from "./step-aside.ts";

/** The CLI that the scripts below are for, and its language host. */
const fits = "3.215.0";

/**
 * Scripts that stand before the built CLI's own programs, by name: that CLI is older than the SDK. Empty for another
 * version, whose programs are then called as they are.
 */
export function olderCliScripts(version: string): Readonly<Record<string, string>> {
  if (version !== fits) {
    stepAside("older-cli", `it is for Pulumi ${fits}, and ${version} is built`);
    return {};
  }
  return {
    // This language host is older than the option in Pulumi.yaml that says so.
    "pulumi-language-nodejs": `exec "$(dirname "$0")/pulumi-language-nodejs-host" -typescript=false "$@"`,
    // This language host cannot start policy packs either: the CLI calls this in the pack's folder. Pulumi's own script
    // loads TypeScript's compiler first, which our pack does without.
    "pulumi-analyzer-policy": "exec node .",
  };
}
