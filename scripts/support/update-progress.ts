import { type EngineEvent, partsOf, plain, type Step, systemOf, titleOf } from "./engine-events.ts";
import { counts, duration, some } from "./wording.ts";

/** What the stack has outside of its systems: providers, and the note of its cluster. */
const rest = "the stack itself";

const doing = {
  starting: "starts the engine",
  planning: "looks at what is to change",
  updating: "brings the changes",
} as const;

interface Part {
  /** What the preview said to come, by URN: all of the system's objects, also those that stay. */
  readonly planned: Map<string, string>;
  readonly done: Set<string>;
  /** What was done to each that changed. */
  readonly changed: Map<string, string>;
  began?: number;
  /** Milliseconds from its first change to its end. */
  took: number;
  ended: boolean;
}

interface Running {
  readonly since: number;
  /** What the provider said last. */
  says?: string;
}

/** How far an update is, by the engine's own events. Times are milliseconds since 1970. */
export interface UpdateProgress {
  /** Takes an event in. Returns the lines that it is worth where nothing can be rewritten. */
  see(event: EngineEvent): string[];
  /**
   * For a terminal: what is being done, and a line for each system with how many of its objects are done and what is
   * waited for.
   */
  block(now: number): string[];
  /** What is waited for, in one line; `undefined` while nothing is. */
  waiting(now: number): string | undefined;
}

/** Follows the preview and the update of one `pulumi up`. */
export function updateProgress(): UpdateProgress {
  const parts = new Map<string, Part>();
  const running = new Map<string, Running>();
  let phase: keyof typeof doing = "starting";
  // The engine throws the preview's log away when the update begins: its end may not have been read.
  let allPlanned = false;
  let now = 0;
  let began = 0;
  let summary: string | undefined;
  let failed = false;

  const partOf = (urn: string): Part => {
    const name = nameOf(urn);
    const known: Part = parts.get(name) ?? {
      planned: new Map(),
      done: new Set(),
      changed: new Map(),
      took: 0,
      ended: false,
    };
    parts.set(name, known);
    return known;
  };
  const shown = (): [string, Part][] => [...parts].filter(([name, part]) => name !== rest || changesOf(part) > 0);
  const slowest = (name: string): [string, Running][] =>
    [...running].filter(([urn]) => nameOf(urn) === name).toSorted(([, one], [, other]) => one.since - other.since);

  const starts = ({ op, urn }: Step): string[] => {
    const part = partOf(urn);
    if (changes(op) || !part.planned.has(urn)) part.planned.set(urn, op);
    if (phase !== "updating" || !changes(op)) return [];
    running.set(urn, { since: now });
    if (part.began !== undefined) return [];
    part.began = now;
    return [
      `${nameOf(urn)}: begins, ${allPlanned ? `${changesOf(part)} of ${some(part.planned.size, "object")} to change` : "some objects to change"}`,
    ];
  };
  const ends = ({ op, urn }: Step): string[] => {
    if (phase !== "updating") return [];
    running.delete(urn);
    const part = partOf(urn);
    if (changes(op)) part.changed.set(urn, op.includes("replace") ? "replace" : op);
    part.done.add(urn);
    return allPlanned && part.done.size === part.planned.size ? result(nameOf(urn), part) : [];
  };
  const result = (name: string, part: Part): string[] => {
    if (part.ended || (name === rest && part.changed.size === 0)) return [];
    part.ended = true;
    part.took = now - (part.began ?? now);
    return [`${name}: ${resultOf(part)}`];
  };

  return {
    see: ({
      timestamp,
      preludeEvent,
      policyEvent,
      resourcePreEvent,
      resOutputsEvent,
      resOpFailedEvent,
      diagnosticEvent,
      summaryEvent,
    }) => {
      now = timestamp === undefined ? now : timestamp * 1000;
      failed ||=
        resOpFailedEvent !== undefined ||
        diagnosticEvent?.severity === "error" ||
        policyEvent?.enforcementLevel === "mandatory";
      if (preludeEvent) {
        phase = phase === "starting" ? "planning" : "updating";
        began = now;
        summary = undefined;
        return [doing[phase]];
      }
      if (resourcePreEvent && isObject(resourcePreEvent.metadata)) return starts(resourcePreEvent.metadata);
      if (resOutputsEvent && isObject(resOutputsEvent.metadata)) return ends(resOutputsEvent.metadata);
      if (resOpFailedEvent) running.delete(resOpFailedEvent.metadata.urn);
      const waits = running.get(diagnosticEvent?.urn ?? "");
      if (waits) waits.says = firstLine(diagnosticEvent!.message);
      if (!summaryEvent) return [];
      if (phase === "planning") allPlanned = true;
      const form = phase === "planning" ? "planned" : "done";
      summary = `${failed ? "failed" : form}: ${counts(summaryEvent.resourceChanges ?? {}, form)} (${duration(now - began)})`;
      return [...(form === "done" ? shown().flatMap(([name, part]) => result(name, part)) : []), summary];
    },
    block: (at) => [
      summary ?? `${doing[phase]}${began === 0 ? "" : ` (${duration(at - began)})`}`,
      ...shown().map(([name, part]) => {
        const title = `  ${name.padEnd(22)}`;
        if (phase !== "updating") return `${title} ${some(part.planned.size, "object")}`;
        if (part.ended) return `${title} ${resultOf(part)}`;
        const [longest, ...more] = slowest(name);
        return `${title} ${part.done.size} of ${part.planned.size}${longest ? `, ${waitOf(longest, at)}` : ""}${more.length > 0 ? `, and ${more.length} more` : ""}`;
      }),
    ],
    waiting: (at) => {
      const waits = shown().flatMap(([name, part]) =>
        slowest(name)
          .slice(0, 1)
          .map((longest) => `${name} ${part.done.size} of ${part.planned.size}, ${waitOf(longest, at)}`),
      );
      return waits.length === 0 ? undefined : waits.join("; ");
    },
  };
}

/** What the engine manages by itself: components have no step of their own. */
const isObject = (step: Step): boolean =>
  (step.new ?? step.old)?.custom === true && !partsOf(step.urn).types.at(-1)!.startsWith("pulumi:providers:");

const changes = (op: string): boolean => !["same", "read", "refresh"].includes(op);

const changesOf = ({ planned }: Part): number => [...planned.values()].filter(changes).length;

const nameOf = (urn: string): string => systemOf(urn) ?? rest;

function resultOf({ planned, done, changed, took }: Part): string {
  if (done.size < planned.size) return `stopped at ${done.size} of ${planned.size}`;
  if (changed.size === 0) return `nothing to change, ${some(done.size, "object")}`;
  return `done in ${duration(took)}, ${some(done.size, "object")}: ${counts(tally(changed.values()), "done")}`;
}

function tally(operations: Iterable<string>): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const op of operations) sums[op] = (sums[op] ?? 0) + 1;
  return sums;
}

const waitOf = ([urn, { since, says }]: readonly [string, Running], now: number): string =>
  `waits ${duration(now - since)} for ${titleOf(urn)}${says ? `: ${says}` : ""}`;

const firstLine = (text: string): string => plain(text).split("\n")[0]!;
