import type { ControlResult, FrameworkResult, Standing } from "../standards-report.ts";
import { columns, markdownTable } from "./table.ts";

const head = ["control", "stands", "objects", "passed", "failed", "excepted", "open", "what it asks for", "rules"];

/** The standards report, by the name of `--format`. */
export const standardsFormats: Readonly<
  Record<"human" | "json" | "markdown", (frameworks: readonly FrameworkResult[]) => string>
> = {
  human: (frameworks) =>
    `${frameworks.map((framework) => `${framework.name}: ${summary(framework)}\n\n${columns(table(framework))}\n`).join("\n")}`,
  markdown: (frameworks) =>
    `${frameworks.map((framework) => `## ${framework.name}\n\n${summary(framework)}\n\n${markdownTable(table(framework))}\n`).join("\n")}`,
  json: (frameworks) => `${JSON.stringify({ version: 1, frameworks }, undefined, 2)}\n`,
};

/** `18 of 20 controls are covered: 17 passed, 1 failed; not covered: …`. */
function summary({ controls }: FrameworkResult): string {
  const standing = (name: Standing) => controls.filter((control) => control.standing === name);
  const counts = (["passed", "failed", "excepted", "not evaluated", "no objects"] as const)
    .map((name) => [name, standing(name).length] as const)
    .filter(([, count]) => count > 0);
  const missing = standing("not covered");
  return [
    `${controls.length - missing.length} of ${controls.length} controls are covered${counts.length === 0 ? "" : `: ${counts.map(([name, count]) => `${count} ${name}`).join(", ")}`}`,
    ...(missing.length === 0 ? [] : [`not covered: ${missing.map(({ id }) => id).join(", ")}`]),
  ].join("; ");
}

function table({ controls }: FrameworkResult): string[][] {
  return [head, ...controls.map(row)];
}

function row({
  id,
  title,
  beyond,
  standing,
  rules,
  objects,
  passed,
  failed,
  excepted,
  notEvaluated,
}: ControlResult): string[] {
  const numbers =
    rules.length === 0 ? ["", "", "", "", ""] : [objects, passed, failed, excepted, notEvaluated].map(String);
  return [id, standing, ...numbers, title === id ? "" : title, rules.length === 0 ? (beyond ?? "") : rules.join(", ")];
}
