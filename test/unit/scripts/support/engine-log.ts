import type { EngineEvent } from "../../../../scripts/support/engine-events.ts";

/** The URN of a resource below a system's component. */
export const urn = (system: string, type: string, name: string): string =>
  `urn:pulumi:dev::production-platform::platform:system:${system}$platform:workload:Workload$${type}::${name}`;

const metadata = (of: string, op: string, inputs: Readonly<Record<string, unknown>>, custom: boolean) => {
  const state = { custom, inputs };
  const type = of.split("::")[2]!.split("$").at(-1)!;
  return {
    op,
    urn: of,
    type,
    ...(op === "create" ? {} : { old: state }),
    ...(op === "delete" ? {} : { new: state }),
  } as const;
};

/** Events as the engine writes them, of what is read of them here. */
export const event = {
  begins: (): EngineEvent => ({ preludeEvent: { config: {} } }),
  starts: (of: string, op: string, inputs: Readonly<Record<string, unknown>> = {}, custom = true): EngineEvent => ({
    resourcePreEvent: { metadata: metadata(of, op, inputs, custom) },
  }),
  ends: (of: string, op: string): EngineEvent => ({ resOutputsEvent: { metadata: metadata(of, op, {}, true) } }),
  fails: (of: string, op: string): EngineEvent => ({ resOpFailedEvent: { metadata: metadata(of, op, {}, true) } }),
  says: (severity: string, message: string, of?: string, ephemeral = false): EngineEvent => ({
    diagnosticEvent: { severity, message, ...(of !== undefined && { urn: of }), ephemeral },
  }),
  refuses: (policyName: string, message: string, of?: string, enforcementLevel = "mandatory"): EngineEvent => ({
    policyEvent: { policyName, message, enforcementLevel, ...(of !== undefined && { resourceUrn: of }) },
  }),
  sums: (resourceChanges: Readonly<Record<string, number>>): EngineEvent => ({ summaryEvent: { resourceChanges } }),
};

/** Events at a second, as a list. */
export const at = (second: number, ...events: readonly EngineEvent[]): EngineEvent[] =>
  events.map((each) => ({ timestamp: 1_790_000_000 + second, ...each }));

/** The same second in milliseconds. */
export const moment = (second: number): number => (1_790_000_000 + second) * 1000;
