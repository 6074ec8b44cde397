import { markdownTable } from "../../policies/gates/check/formats/table.ts";
import type { Target } from "../../components/systems/target.ts";
import { type Fact, counted } from "./fact.ts";
import type { Evidence } from "./evidence.ts";

/** A Job that began or ended within the day. */
export interface JobOfDay {
  readonly job: string;
  readonly started: string;
  readonly ended?: string;
  readonly result: string;
}

/** A container that was restarted within the day. */
export interface RestartOfDay {
  readonly pod: string;
  readonly container: string;
  readonly restarts: number;
  readonly at: string;
  readonly reason: string;
}

/** What a day of one system was like. */
export interface Day {
  readonly from: string;
  readonly to: string;
  readonly state: readonly Fact[];
  readonly copies: readonly Fact[];
  readonly jobs: readonly JobOfDay[];
  readonly restarts: readonly RestartOfDay[];
  readonly runs: readonly Pick<Evidence, "run" | "who" | "line" | "state" | "started" | "ended" | "facts">[];
  /** What could not be read, with the reason. */
  readonly unknown: readonly Fact[];
}

/** A day of a system as Markdown, for a channel or a ticket. */
export function reportPage({ system, namespace }: Target, day: Day): string {
  const { from, to, state, copies, jobs, restarts, runs, unknown } = day;
  const rows = (head: readonly string[], body: readonly (readonly string[])[], none: string) =>
    body.length === 0 ? none : markdownTable([head, ...body]);
  const facts = (all: readonly Fact[], none: string) =>
    rows(
      ["what", "as it should", "seen"],
      all.map(({ about, answer, detail }) => [about, answer, detail]),
      none,
    );
  return [
    `# ${system}, ${from.slice(0, 16)}Z to ${to.slice(0, 16)}Z`,
    `Namespace \`${namespace}\`. State: ${counted(state)}. Copies: ${counted(copies)}.`,
    "## State",
    facts(
      state.filter(({ answer }) => answer !== "yes"),
      "All is as it should be.",
    ),
    "## Copies",
    facts(copies, "No store of it has a backup."),
    "## Jobs",
    rows(
      ["job", "started", "ended", "result"],
      jobs.map(({ job, started, ended = "", result }) => [job, started, ended, result]),
      "None ran.",
    ),
    "## Restarts",
    rows(
      ["pod", "container", "restarts", "last", "why"],
      restarts.map(({ pod, container, restarts: count, at, reason }) => [pod, container, String(count), at, reason]),
      "None.",
    ),
    "## Commands",
    rows(
      ["ended", "who", "command", "state", "proofs"],
      runs.map(({ ended, who, line, state: end, facts: proofs }) => [
        `${ended.slice(0, 19)}Z`,
        who,
        `\`${line}\``,
        end,
        counted(proofs),
      ]),
      "Nobody ran one that acts.",
    ),
    ...(unknown.length > 0 ? ["## Not measured", facts(unknown, "")] : []),
  ].join("\n\n");
}
