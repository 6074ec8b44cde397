import { targetsIn } from "../../components/systems/outputs.ts";
import type { Target } from "../../components/systems/target.ts";
import type { Manifest } from "../../scripts/support/declared-objects.ts";
import { stackConfiguration } from "../../scripts/support/stack-configuration.ts";
import { type Rendered, renderedOnce } from "./rendered-once.ts";

export type { Rendered as Variant } from "./rendered-once.ts";

/**
 * Settings to change, in the shape of a stack's file. Objects are merged into what the stack says, everything else
 * takes its place.
 */
export type Changes = Readonly<Record<string, unknown>>;

/** Loaded when a file first asks for more than what was rendered already, because they take a second. */
const engine = () => import("../../scripts/support/declared-objects.ts");
const program = () =>
  Promise.all([import("../../components/configuration.ts"), import("../../components/platform.ts")]);

let previous: Promise<unknown> = Promise.resolve();

/**
 * The objects that a part of the program declares. Unlike `stackObjects` it can be called as often as a test likes:
 * calls wait for each other.
 */
export function declaredBy(part: () => unknown, configuration: Record<string, string> = {}): Promise<Manifest[]> {
  const run = previous.then(async () => {
    const { declaredBy, manifests } = await engine();
    return manifests(await declaredBy(part, configuration));
  });
  previous = run.catch(() => undefined);
  return run;
}

const configurations = new Map<string, Record<string, string>>();
function configurationOf(stack: string): Record<string, string> {
  const configuration = configurations.get(stack) ?? stackConfiguration(stack);
  configurations.set(stack, configuration);
  return configuration;
}

/** The whole program of a stack with some settings changed. Rejects where the program refuses them. */
export function stackVariant(stack: string, changes: Changes = {}): Promise<Rendered> {
  return Object.keys(changes).length === 0
    ? renderedOnce(stack, () => rendered(stack, changes))
    : rendered(stack, changes);
}

async function rendered(stack: string, changes: Changes): Promise<Rendered> {
  let targets: readonly Target[] = [];
  const whole = async () => {
    const [{ loadSettings }, { declarePlatform }] = await program();
    targets = targetsIn({ ...(await declarePlatform(loadSettings())) });
  };
  const objects = await declaredBy(whole, changedConfiguration(stack, changes));
  return { objects, targets };
}

/** A stack's settings with some of them changed, as the engine hands them to the program: texts by their full names. */
export function changedConfiguration(stack: string, changes: Changes): Record<string, string> {
  const configuration = configurationOf(stack);
  const project = "production-platform:";
  const values = Object.entries(changes).map(([name, change]) => {
    const text = configuration[`${project}${name}`];
    return [
      `${project}${name}`,
      JSON.stringify(text !== undefined && isObject(change) ? merged(JSON.parse(text), change) : change),
    ];
  });
  return { ...configuration, ...Object.fromEntries(values) };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function merged(value: unknown, change: unknown): unknown {
  if (!isObject(value) || !isObject(change)) return change;
  return {
    ...value,
    ...Object.fromEntries(Object.entries(change).map(([key, item]) => [key, merged(value[key], item)])),
  };
}
