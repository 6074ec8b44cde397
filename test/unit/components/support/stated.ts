import { parseSettings, type StackSettings, type SystemName } from "../../../../components/configuration.ts";

const systems: readonly SystemName[] = ["bgc-platform", "platform-service", "bots-edi", "resilient-api-gateway", "techbra-ecommerce"];

/** Values of a stack in which every system says that it runs the contract server, unless it says something else. */
export const stated = (values: Readonly<Record<string, unknown>> = {}): Record<string, unknown> =>
  ({ ...values, ...Object.fromEntries(systems.map((name) => [name, { applications: { source: "contract-server" }, ...values[name] as object }])) });

/** Parses such a stack; a function, so that a test can see it throw. */
export const from = (values: Readonly<Record<string, unknown>>) => () => parseSettings(stated(values)) as Required<StackSettings>;
