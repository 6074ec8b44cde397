import { parseSettings, type StackSettings } from "../../../../components/configuration.ts";
import { systemNames } from "../../../../components/systems/index.ts";

/** Values of a stack in which every system says that it runs the contract server, unless it says something else. */
export const stated = (values: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  ...values,
  ...Object.fromEntries(
    systemNames.map((name) => [name, { applications: { source: "contract-server" }, ...(values[name] as object) }]),
  ),
});

/** Parses such a stack; a function, so that a test can see it throw. */
export const from = (values: Readonly<Record<string, unknown>>) => () =>
  parseSettings(stated(values)) as Required<StackSettings>;
