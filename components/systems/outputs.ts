import type { Target } from "./target.ts";

/**
 * What a stack says to a person who brought it up: the namespace of each system, and the address of each public host.
 */
export interface StackOutputs {
  readonly namespaces: Readonly<Record<string, string>>;
  readonly urls: Readonly<Record<string, string>>;
  /** What operations read, see {@link targetsIn}. */
  readonly operations: string;
}

// The CLI spreads a text that is JSON over a line a value, and cuts any other to one line: a word before it keeps it
// short.
const word = "targets ";

/** The outputs of a stack with these systems. */
export const outputsOf = (targets: readonly Target[]): StackOutputs => ({
  namespaces: Object.fromEntries(targets.map(({ system, namespace }) => [system, namespace])),
  urls: Object.fromEntries(
    targets.flatMap(({ system, endpoints }) =>
      endpoints.flatMap((endpoint) =>
        endpoint.host === undefined ? [] : [[`${system} ${endpoint.name}`, urlOf(endpoint)!]],
      ),
    ),
  ),
  operations: `${word}${JSON.stringify(targets)}`,
});

/** The address of an endpoint that has a public host. */
export const urlOf = ({ host, tls = false }: Target["endpoints"][number]): string | undefined =>
  host === undefined ? undefined : `http${tls ? "s" : ""}://${host}`;

/**
 * The targets in a stack's outputs. A stack whose last update was an older version's has them as a list under
 * `targets`. Throws where there
 * are none, as in a stack that was never brought up.
 */
export function targetsIn(outputs: Readonly<Record<string, unknown>>): readonly Target[] {
  const { operations, targets } = outputs;
  if (typeof operations === "string" && operations.startsWith(`${word}[`))
    return JSON.parse(operations.slice(word.length)) as Target[];
  if (operations === undefined && Array.isArray(targets)) return targets as Target[];
  throw new Error(
    `the stack's outputs do not say what its systems are: there are ${Object.keys(outputs).join(", ") || "none"}. Bring the stack up: npm run up`,
  );
}
