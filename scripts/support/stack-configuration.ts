import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { choice } from "../../settings/nearest-name.ts";
import { checkout } from "./checkout.ts";

/** What Pulumi reads of a stack's file. */
const parts = ["config", "encryptedkey", "encryptionsalt", "environment", "secretsprovider"];

/**
 * A stack's file, in the checkout or another `tree` of its files, and what it says. Throws with the file's name, and
 * the line and column where it is not YAML.
 */
export function stackFile(
  stack: string,
  tree = checkout,
): { readonly text: string; readonly content: Readonly<Record<string, unknown>> } {
  const file = join(tree, `Pulumi.${stack}.yaml`);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw new Error(`there is no stack "${stack}": ${file} does not exist`);
  }
  return { text, content: mapping(file, "the file", parsed(file, text), parts) };
}

/** The values of a stack's file as the engine hands them to the program: one text for each name. */
export function stackConfiguration(stack: string): Record<string, string> {
  const config = mapping(`Pulumi.${stack}.yaml`, "config", stackFile(stack).content["config"]);
  return Object.fromEntries(
    Object.entries(config).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]),
  );
}

function parsed(file: string, text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw new Error(`${file} is not YAML: ${(error as Error).message.trimEnd()}`);
  }
}

/** A mapping, which may be left empty. */
function mapping(
  file: string,
  what: string,
  value: unknown,
  names?: readonly string[],
): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || Array.isArray(value)) {
    if (value !== undefined) throw new Error(`${file}: ${what} must be a mapping, "name: value" on each line`);
    return {};
  }
  const unknown = Object.keys(value ?? {}).find((name) => names?.includes(name) === false);
  if (unknown !== undefined)
    throw new Error(`${file}: there is no "${unknown}" in a stack's file; ${choice(unknown, names!)}`);
  return (value ?? {}) as Record<string, unknown>;
}
