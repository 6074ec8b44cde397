import { bgcPlatform } from "./bgc-platform/index.ts";
import { botsEdi } from "./bots-edi/index.ts";
import { platformService } from "./platform-service/index.ts";
import { resilientApiGateway } from "./resilient-api-gateway/index.ts";
import { techbraEcommerce } from "./techbra-ecommerce/index.ts";

/**
 * Every system, by the name that it has in a stack's file and in the order in which a stack without `systems` deploys
 * them.
 */
export const systems = {
  "bgc-platform": bgcPlatform,
  "platform-service": platformService,
  "bots-edi": botsEdi,
  "resilient-api-gateway": resilientApiGateway,
  "techbra-ecommerce": techbraEcommerce,
};

/** A system by the name it has in a stack's file. */
export type SystemName = keyof typeof systems;

export const systemNames = Object.keys(systems) as SystemName[];

/** One field of every system, by the system's name. */
export const ofSystems = <Field extends "namespace" | "settings">(
  field: Field,
): { readonly [Name in SystemName]: (typeof systems)[Name][Field] } =>
  Object.fromEntries(Object.entries(systems).map(([name, each]) => [name, each[field]])) as {
    readonly [Name in SystemName]: (typeof systems)[Name][Field];
  };
