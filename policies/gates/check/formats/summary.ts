import type { Summary } from "../summary.ts";
import { columns, markdownTable } from "./table.ts";
import { counted } from "./wording.ts";

/** A check in numbers, by the name of `--format`. */
export const summaryFormats: Readonly<Record<"human" | "json" | "markdown", (summary: Summary) => string>> = {
  human: (summary) =>
    `${[...lines(summary), ...(summary.rules.length === 0 ? [] : ["", columns(table(summary))])].join("\n")}\n`,
  markdown: (summary) =>
    `${[...lines(summary).map((line) => `- ${line}`), ...(summary.rules.length === 0 ? [] : ["", markdownTable(table(summary))])].join("\n")}\n`,
  json: (summary) => `${JSON.stringify({ version: 1, ...summary }, undefined, 2)}\n`,
};

function lines({ profile, files, objects, kinds, skipped, unread }: Summary): string[] {
  const list = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .map(([name, count]) => `${name} (${count})`)
      .join(", ");
  const sum = (counts: Readonly<Record<string, number>>) =>
    Object.values(counts).reduce((total, count) => total + count, 0);
  return [
    `profile ${profile}: ${counted(objects, "object")} in ${counted(files, "file")}${objects === 0 ? "" : `: ${list(kinds)}`}`,
    `skipped: ${counted(sum(skipped), "document")}${sum(skipped) === 0 ? "" : `: ${list(skipped)}`}`,
    `unread: ${counted(sum(unread), "input")}${sum(unread) === 0 ? "" : `: ${list(unread)}`}`,
  ];
}

function table({ rules }: Summary): string[][] {
  return [
    ["rule", "severity", "state", "findings", "objects", "what it asks for"],
    ...rules.map(({ rule, severity, state, findings, objects, title }) => [
      rule,
      severity,
      state,
      `${findings}`,
      `${objects}`,
      title,
    ]),
  ];
}
