import { posix } from "node:path";
import { markdownTable } from "../../policies/gates/check/formats/table.ts";
import { type CoveredRow, type CoveredRunbook, testFile } from "./coverage.ts";

const introduction = `# Coverage

<!-- written by "npm run docs" from docs/coverage/*.yaml: change those and run it again -->

Each row of the runbooks: what it asks for, the code that does it, and the tests that prove it. A row's letter says which system it is of; the
[glossary](glossary.md#row-codes) lists them.

- **kinds** say how it is answered: \`declare\` (it is in the stack), \`guard\` (a policy blocks the opposite), \`fix\` (the runbook's advice was wrong or
  dangerous, and something else is done), \`operate\` (one command), \`alert\` (a rule that tells somebody), \`target\` (a number that is measured).
- **tests** are named by file and title. Unit tests prove what is declared, policy tests what is blocked, integration and e2e tests what happens on
  a real API server and a real node; [test/README.md](../test/README.md) says what each level cannot prove.
- **open** says which share of a row is not there or not proven, and what there is today. Some commands and the dashboards
  are missing still, and a stack brings no Prometheus, so a share of the kinds operate, alert and target is open. Each system has
  a living runbook, such as [that of the BGC platform](runbooks/bgc-platform.md).

\`test/unit/docs/coverage.test.ts\` fails when a row is missing, when a file or a test is not there, when a share has neither code nor test,
and when a share of the kinds declare, guard or fix is open.
`;

/** docs/coverage.md: for each runbook a table of its rows, and a section for each row. */
export const coveragePage = (runbooks: readonly CoveredRunbook[]): string =>
  [introduction, ...runbooks.map(runbookSection)].join("\n");

const runbookSection = ({ letter, title, namespace, rows }: CoveredRunbook): string =>
  [
    `## ${letter} · ${title}${namespace === undefined ? "" : `, namespace \`${namespace}\``}`,
    "",
    markdownTable([
      ["row", "kinds", "what is asked for", "open"],
      ...rows.map(({ id, kinds, asks, open }) => [
        `[${id}](#${id.toLowerCase()})`,
        kinds.join(", "),
        asks,
        open.flatMap((share) => share.kinds).join(", "),
      ]),
    ]),
    "",
    ...rows.map(rowSection),
  ].join("\n");

function rowSection({ id, kinds, asks, code, tests, open }: CoveredRow): string {
  const files = code.map((path) => `- code: [${path}](${posix.relative("docs", path)})`);
  const proofs = Object.entries(tests).flatMap(([name, titles]) => [
    `- tests in [${name}](../${testFile(name)}):`,
    ...titles.map((title) => `  - ${title}`),
  ]);
  return [
    `### ${id}`,
    "",
    `${asks} (${kinds.join(", ")})`,
    "",
    ...files,
    ...proofs,
    ...open.map((share) => `- **open** (${share.kinds.join(", ")}): ${share.says}`),
    "",
  ].join("\n");
}
