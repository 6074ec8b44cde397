import { readFileSync, writeFileSync } from "node:fs";
import { arch, availableParallelism, cpus, release, totalmem, type } from "node:os";
import { join } from "node:path";
import { checkout } from "./checkout.ts";

/** The measurements, in the order of the page, and how the section of each begins. */
const headings = { updates: "## Updates, previews and policies", backups: "## Backups at size" } as const;

/** The page with one section in place of the one it had; the other stays. */
export function withSection(page: string, which: keyof typeof headings, section: string): string {
  const sections = Object.entries(headings).map(([name, heading]) =>
    name === which ? section.trim() : sectionOf(page, heading),
  );
  return `${["# Benchmarks", ...sections.filter(Boolean)].join("\n\n")}\n`;
}

function sectionOf(page: string, heading: string): string {
  const start = page.indexOf(`${heading}\n`);
  if (start < 0) return "";
  const end = page.indexOf("\n## ", start);
  return page.slice(start, end < 0 ? undefined : end).trim();
}

/** Writes a measurement's section into docs/benchmarks.md. */
export function keepSection(which: keyof typeof headings, section: string): void {
  const file = join(checkout, "docs/benchmarks.md");
  writeFileSync(file, withSection(readFileSync(file, "utf8"), which, section));
  console.log(`\nwritten to ${file}`);
}

/** Head and first rows of the table that says where it was measured. */
export const machineRows = (load: number): string => `| on | |
|---|---|
| machine | ${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? "unknown"}), ${(totalmem() / 2 ** 30).toFixed(0)} GiB of memory, load ${load.toFixed(1)} before the start |
| system | ${type()} ${release()} ${arch()} |`;

/** A Markdown table whose columns are also straight on a terminal. */
export function table([head = [], ...rows]: readonly (readonly string[])[]): string[] {
  const widths = head.map((_, column) => Math.max(3, ...[head, ...rows].map((cells) => cells[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [line(head), `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`, ...rows.map(line)];
}
