import type * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import { BgcPlatform } from "./bgc-platform/system.ts";
import { bgcPlatformSettings } from "./bgc-platform/settings.ts";
import { BotsEdi } from "./bots-edi/system.ts";
import { botsEdiSettings } from "./bots-edi/settings.ts";
import { PlatformService } from "./platform-service/system.ts";
import { platformServiceSettings } from "./platform-service/settings.ts";
import { ResilientApiGateway } from "./resilient-api-gateway/system.ts";
import { resilientApiGatewaySettings } from "./resilient-api-gateway/settings.ts";
import type { SystemContext, Target } from "./target.ts";
import { TechbraEcommerce } from "./techbra-ecommerce/system.ts";
import { techbraEcommerceSettings } from "./techbra-ecommerce/settings.ts";

/** The component of a system. */
interface SystemComponent<Settings> {
  readonly namespace: string;
  new (settings: Settings, context: SystemContext, options?: pulumi.ComponentResourceOptions): { readonly target: Target };
}

const system = <Shape extends z.ZodType>(settings: Shape, Component: SystemComponent<z.output<Shape>>) => ({
  namespace: Component.namespace,
  /** Its part of a stack's configuration. */
  settings,
  create: (own: z.output<Shape>, context: SystemContext, options: pulumi.ComponentResourceOptions): Target => new Component(own, context, options).target,
});

/** Every system, by the name that it has in a stack's file and in the order in which a stack without `systems` deploys them. */
export const systems = {
  "bgc-platform": system(bgcPlatformSettings, BgcPlatform),
  "platform-service": system(platformServiceSettings, PlatformService),
  "bots-edi": system(botsEdiSettings, BotsEdi),
  "resilient-api-gateway": system(resilientApiGatewaySettings, ResilientApiGateway),
  "techbra-ecommerce": system(techbraEcommerceSettings, TechbraEcommerce),
};

/** A system by the name it has in a stack's file. */
export type SystemName = keyof typeof systems;

export const systemNames = Object.keys(systems) as SystemName[];

/** One field of every system, by the system's name. */
export const ofSystems = <Field extends "namespace" | "settings">(field: Field): { readonly [Name in SystemName]: (typeof systems)[Name][Field] } =>
  Object.fromEntries(Object.entries(systems).map(([name, each]) => [name, each[field]])) as { readonly [Name in SystemName]: (typeof systems)[Name][Field] };
