import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { nodeLocalDns } from "./capabilities/network-flows.ts";
import { bgcPlatformSettings } from "./systems/bgc-platform.settings.ts";
import { botsEdiSettings } from "./systems/bots-edi.settings.ts";
import { platformServiceSettings } from "./systems/platform-service.settings.ts";
import { resilientApiGatewaySettings } from "./systems/resilient-api-gateway.settings.ts";
import { clusterAddons } from "./systems/target.ts";
import { techbraEcommerceSettings } from "./systems/techbra-ecommerce.settings.ts";

/** Each system's part of the configuration, by the system's name. */
const systemSettings = {
  "bgc-platform": bgcPlatformSettings,
  "platform-service": platformServiceSettings,
  "bots-edi": botsEdiSettings,
  "resilient-api-gateway": resilientApiGatewaySettings,
  "techbra-ecommerce": techbraEcommerceSettings,
};
const systemNames = Object.keys(systemSettings) as (keyof typeof systemSettings)[];

/** Pulumi.yaml declares its optional names with an empty default, which is as good as none. */
const optionalName = z.string().transform((name) => name || undefined).optional();

const stackSettings = z.strictObject({
  context: optionalName,
  storageClass: optionalName,
  ingressClass: optionalName,
  ingressNamespace: z.string().min(1).default("kube-system"),
  monitoringNamespace: optionalName,
  dnsCidrs: z.array(z.cidrv4()).default([...nodeLocalDns]),
  retainData: z.boolean().default(true),
  clusterAddons: z.array(z.enum(clusterAddons)).default([]),
  certificateIssuer: z.strictObject({ kind: z.enum(["ClusterIssuer", "Issuer"]).default("ClusterIssuer"), name: z.string().min(1).default("letsencrypt-prod") }).prefault({}),
  systems: z.array(z.enum(systemNames)).min(1).refine((names) => new Set(names).size === names.length, { error: "a system is named twice" }).default(systemNames),
  ...systemSettings,
});

/** Everything a stack can set, with every default filled in. */
export type StackSettings = z.output<typeof stackSettings>;

/** Reads values by their name; `undefined` where the stack says nothing. */
export type ValueSource = (name: keyof StackSettings) => unknown;

/** Checks a stack's values. Throws one error that lists every wrong one with its path, its value and what is expected. */
export function parseSettings(read: ValueSource): StackSettings {
  const names = Object.keys(stackSettings.shape) as (keyof StackSettings)[];
  const values = Object.fromEntries(names.map((name) => [name, read(name)]).filter(([, value]) => value !== undefined));
  const result = stackSettings.safeParse({ ...Object.fromEntries(systemNames.map((name) => [name, {}])), ...values });
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => {
    const path = issue.path.join(".");
    const value = issue.path.reduce<unknown>((node, key) => (node as Record<PropertyKey, unknown> | undefined)?.[key], values);
    return `  ${path || "(stack)"}: ${issue.message}${value === undefined ? "" : ` (is ${JSON.stringify(value)})`}`;
  });
  throw new pulumi.RunError(`the stack's configuration has ${problems.length} wrong value${problems.length === 1 ? "" : "s"}:\n${problems.join("\n")}`);
}

/** The settings of the stack that is being deployed. */
export function loadSettings(): StackSettings {
  const config = new pulumi.Config();
  return parseSettings((name) => {
    const text = config.get(name);
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text);
    } catch {
      return text; // plain strings are stored unquoted
    }
  });
}
