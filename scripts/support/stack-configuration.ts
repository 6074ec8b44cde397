import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { checkout } from "./checkout.ts";

/** The values of a stack's file as the engine hands them to the program: one text for each name. */
export function stackConfiguration(stack: string): Record<string, string> {
  const file = join(checkout, `Pulumi.${stack}.yaml`);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw new Error(`there is no stack "${stack}": ${file} does not exist`);
  }
  const { config = {} } = parse(text) as { config?: Record<string, unknown> };
  return Object.fromEntries(Object.entries(config).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]));
}
