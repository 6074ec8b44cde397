import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { checkout } from "../../../scripts/support/checkout.ts";

/** What is wrong with a page of decisions, a sentence each. */
function decisionProblems(page: string): string[] {
  const [decisions = "", notes = ""] = page.split("\n# Tuning notes\n");
  const entries = [
    { letter: "D", part: decisions },
    { letter: "N", part: notes },
  ].flatMap(({ letter, part }) =>
    part
      .split(/^### /m)
      .slice(1)
      .map((text) => ({ letter, title: text.slice(0, text.indexOf("\n")), body: text.slice(text.indexOf("\n") + 1) })),
  );
  const numbers = entries.map(({ title }) => title.split(" · ")[0]!);
  return entries.flatMap(({ letter, title, body }, index) => [
    ...(new RegExp(`^${letter}\\d\\d+ · .`).test(title) ? [] : [`"${title}" has no number that begins with ${letter}`]),
    ...(numbers.indexOf(numbers[index]!) < index ? [`"${title}" has the number of another entry`] : []),
    ...(/^\*\d{4}-\d\d-\d\d\.\* /.test(body) ? [] : [`"${title}" does not begin with its day`]),
    ...(/\*Cost:\*\s/.test(body) ? [] : [`"${title}" does not say what it costs`]),
  ]);
}

test("every decision and every tuning note has a number of its own, a day and a cost", (t) => {
  t.deepEqual(decisionProblems(readFileSync(join(checkout, "docs/decisions.md"), "utf8")), []);
});

test("a decision without a number, a day or a cost is named, and so is a number that is taken", (t) => {
  const entry = (title: string) => `### ${title}\n*2026-01-31.* It is so. *Cost:* some.\n`;
  const page = (decisions: string, notes = entry("N01 · Fast")) =>
    `# Decisions\n\n${decisions}\n# Tuning notes\n\n${notes}`;
  t.deepEqual(decisionProblems(page(entry("D01 · One"))), []);
  t.deepEqual(decisionProblems(page(entry("One"))), ['"One" has no number that begins with D']);
  t.deepEqual(decisionProblems(page(entry("D01 · One"), entry("D02 · Fast"))), [
    '"D02 · Fast" has no number that begins with N',
  ]);
  t.deepEqual(decisionProblems(page(entry("D01 · One") + entry("D01 · Two"))), [
    '"D01 · Two" has the number of another entry',
  ]);
  t.deepEqual(decisionProblems(page("### D01 · One\nIt is so. *Cost:* some.\n")), [
    '"D01 · One" does not begin with its day',
  ]);
  t.deepEqual(decisionProblems(page("### D01 · One\n*2026-01-31.* It is so.\n")), [
    '"D01 · One" does not say what it costs',
  ]);
});
