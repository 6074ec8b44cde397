import { readFileSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { serve } from "./gates/pulumi/analyzer/service.ts";
import { crossGuardPolicies } from "./gates/pulumi/cross-guard.ts";
import { handedOver } from "./engine/settings-of-stack.ts";
import { parseSettings } from "./engine/settings.ts";

const today = new Date().toISOString().slice(0, 10);

try {
  const settings = parseSettings(handedOver(process.env));
  const { version } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8")) as { version: string };
  // The engine waits for the port on standard output.
  const { port } = await serve({
    name: "production-platform",
    displayName: "Production platform",
    version,
    policies: crossGuardPolicies(today, settings),
  });
  console.log(String(port)); // as a text, which is never coloured
  // The engine kills a pack when it is done, so what Node.js compiled would never be kept.
  flushCompileCache();
} catch (error) {
  // Thrown further, it would be printed with its stack trace.
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
