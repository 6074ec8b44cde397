import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { isNear } from "../settings/nearest-name.ts";
import { problemsOf } from "../settings/problems.ts";
import { refuseUnsignedHosts } from "./certificate-hosts.ts";
import { nodeLocalDns } from "./capabilities/network-flows.ts";
import { formerNamespace, ingress, monitoring } from "./outsiders.ts";
import { ofSystems, systemNames, systems } from "./systems/index.ts";
import type { System, SystemSettings } from "./systems/system.ts";
import { clusterAddons, purposes } from "./systems/target.ts";

/** A stack says nothing of the systems that it does not deploy. */
const optional = <Shapes extends Readonly<Record<string, z.ZodType>>>(shapes: Shapes) =>
  Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, shape.optional()])) as {
    [Name in keyof Shapes]: z.ZodOptional<Shapes[Name]>;
  };

/** Pulumi.yaml declares its optional names with an empty default, which is as good as none. */
const optionalName = z
  .string()
  .transform((name) => name || undefined)
  .optional();

/** All that a stack can set. */
export const stackSettings = z
  .strictObject({
    /** Development may run the contract server in place of private programs (B19). */
    purpose: z.enum(purposes).default("production"),
    context: optionalName,
    storageClass: optionalName,
    ingressClass: optionalName,
    ingress,
    ingressNamespace: formerNamespace("ingress"),
    monitoring,
    monitoringNamespace: formerNamespace("monitoring"),
    dnsCidrs: z.array(z.cidrv4()).default([...nodeLocalDns]),
    retainData: z.boolean().default(true),
    clusterAddons: z.array(z.enum(clusterAddons)).default([]),
    certificateIssuer: z
      .strictObject({
        kind: z.enum(["ClusterIssuer", "Issuer"]).default("ClusterIssuer"),
        name: z.string().min(1).default("letsencrypt-prod"),
        acme: z.boolean().default(true),
      })
      .prefault({}),
    /** Of the alerts' rules, where clusterAddons name prometheus-operator. */
    alerting: z
      .strictObject({
        /** Labels by which your Prometheus finds its rules, such as { release: kube-prometheus-stack }. */
        ruleLabels: z.record(z.string().min(1), z.string()).default({}),
        /**
         * Where people find the files of this checkout, such as https://git.example.com/platform/blob/main: alerts
         * link to their pages below it.
         */
        pages: z
          .url({
            protocol: /^https?$/,
            error: 'expected an address such as "https://git.example.com/platform/blob/main"',
          })
          .optional(),
      })
      .prefault({}),
    systems: z
      .array(z.enum(systemNames))
      .min(1)
      .refine((names) => new Set(names).size === names.length, { error: "a system is named twice" })
      .default(systemNames),
    /** Read and checked by the policy pack. */
    policies: z.looseObject({}).optional(),
    ...optional(ofSystems("settings")),
  })
  .superRefine(refuseUnsignedHosts);

/**
 * Everything a stack can set, with every default filled in; a system that it neither deploys nor describes is not
 * there.
 */
export type StackSettings = z.output<typeof stackSettings>;

/**
 * Checks a stack's values by their names. Throws one error that lists every wrong or unknown one with its path, and
 * `others`, which are wrong already.
 */
export function parseSettings(
  values: Readonly<Record<string, unknown>>,
  others: readonly string[] = [],
): StackSettings {
  // A deployed system without a block must say what has no default, in the same words as one with a block.
  const { systems = systemNames } = values;
  const deployed = systemNames.filter((name) => Array.isArray(systems) && systems.includes(name));
  const result = stackSettings.safeParse({ ...Object.fromEntries(deployed.map((name) => [name, {}])), ...values });
  if (result.success && others.length === 0) return result.data;
  const problems = [...(result.success ? [] : problemsOf(result.error, stackSettings, values)), ...others];
  throw new pulumi.RunError(
    [
      `the stack's configuration has ${problems.length} wrong value${problems.length === 1 ? "" : "s"}:`,
      ...problems.map((problem) => `  ${problem}`),
    ].join("\n"),
  );
}

/** A system with what a stack says of it. */
interface Deployed {
  readonly name: string;
  readonly system: System;
  readonly own: SystemSettings;
}

/** The systems of a stack in their order, each with its own settings: what goes through all of them needs no names. */
export const deployedSystems = (settings: StackSettings): Deployed[] =>
  settings.systems.map((name) => ({ name, system: systems[name], own: settings[name]! }));

/**
 * The settings of the stack that is being deployed: all of the project's configuration, so that a misspelt name is not
 * passed over.
 */
export function loadSettings(): StackSettings {
  const project = pulumi.getProject();
  const entries = Object.entries(pulumi.runtime.allConfig()).map(([key, text]) => ({
    key,
    namespace: key.split(":", 1)[0]!,
    name: key.slice(key.indexOf(":") + 1),
    text,
  }));
  const values = entries
    .filter(({ namespace }) => namespace === project)
    .map(({ name, text }) => [name, valueOf(text)]);
  // Other namespaces are Pulumi's and its providers'; one that is nearly ours was meant to be.
  const strays = entries.filter(
    ({ key, namespace }) => namespace !== project && (isNear(namespace, project) || !key.includes(":")),
  );
  return parseSettings(
    Object.fromEntries(values),
    strays.map(({ key, name }) => `${key}: there is no such project; write ${project}:${name}`),
  );
}

/**
 * Plain strings are stored without quotes; no setting of a stack is a number by itself, so one that looks so is a name.
 */
function valueOf(text: string): unknown {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === "number" ? text : value;
  } catch {
    return text;
  }
}
