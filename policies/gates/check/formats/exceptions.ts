import type { ListedException } from "../exceptions-list.ts";
import { columns, markdownTable } from "./table.ts";
import { counted, placeOf } from "./wording.ts";

/** The list of exceptions, by the name of `--format`. */
export const exceptionsFormats: Readonly<
  Record<"human" | "json" | "markdown", (exceptions: readonly ListedException[]) => string>
> = {
  human: (exceptions) =>
    exceptions.length === 0 ? "there are no exceptions\n" : `${columns(table(exceptions))}\n\n${summary(exceptions)}\n`,
  markdown: (exceptions) =>
    exceptions.length === 0
      ? "There are no exceptions.\n"
      : `${markdownTable(table(exceptions))}\n\n${summary(exceptions)}.\n`,
  json: (exceptions) =>
    `${JSON.stringify({ version: 1, exceptions: exceptions.map(({ object, annotation: _, ...exception }) => ({ object: object.ref, ...exception })) }, undefined, 2)}\n`,
};

function summary(exceptions: readonly ListedException[]): string {
  const states = Object.entries(Object.groupBy(exceptions, ({ state }) => state)).map(
    ([state, all]) => `${all.length} ${state}`,
  );
  return `${counted(exceptions.length, "exception")}: ${states.join(", ")}`;
}

function table(exceptions: readonly ListedException[]): string[][] {
  return [
    ["until", "state", "rule", "object", "reason", "where"],
    ...exceptions.map(({ until, state, problem, ruleId, object, reason, location }) => [
      until || "no end",
      problem === undefined ? state : `${state}: ${problem}`,
      ruleId,
      object.ref,
      reason,
      location === undefined ? "" : placeOf(location),
    ]),
  ];
}
