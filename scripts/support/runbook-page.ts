import type { Verb } from "../../operations/runbook/verb.ts";
import { markdownTable } from "../../policies/gates/check/formats/table.ts";
import { exitCodes } from "./runbook-command.ts";

const does: Readonly<Record<Verb["kind"], string>> = {
  reads: "changes nothing",
  acts: "acts",
  disturbs: "disturbs what runs, and asks",
  prints: "asks no cluster",
};

const introduction = `# The runbook command

<!-- written by "npm run docs" from operations/runbook/verbs: change them and run it again -->

\`npx runbook <verb> [system]\`, or \`npm run runbook -- <verb> [system]\`, operates a stack that is up. What it names comes from the stack's last update, and it works on the cluster that the
stack was brought up on.

- A verb that acts shows its plan first, each object with what it is now and then. With \`--dry-run\` it ends there, and never asks.
- What speaks against it is said all at once, rights first, before anything is changed.
- One that disturbs what runs wants the system's name typed; without a terminal it needs \`--yes\`.
- One run at a time works on a system: a Lease in its namespace keeps others away. That of a run that died is taken over after a minute, and the new run says where the old one ended.
- At the end stands a proof, asked of the cluster, and evidence in a ConfigMap that cannot be changed; a namespace keeps the newest 20.
- A fact is yes, no or not measured, with the reason. What was not measured is never shown as well, and with \`--strict\` it fails.
- Ctrl-C ends the wait, says how things are and how to go on. A Job that was started goes on in the cluster.

${exitCodes}
`;

/** The page about all verbs, as Markdown. */
export function runbookPage(verbs: readonly Verb[]): string {
  const table = markdownTable([
    ["verb", "what it does", ""],
    ...verbs.map((verb) => [`[\`${verb.name}\`](#${verb.name})`, verb.summary, does[verb.kind]]),
  ]);
  return [introduction, `${table}\n`, ...verbs.map(section)].join("\n");
}

function section({ name, kind, summary, names, options, examples }: Verb): string {
  const forms = [
    name,
    ...(kind === "reads" ? ["[system]"] : kind === "prints" ? [] : ["<system>"]),
    ...names.map(({ form }) => form),
  ].join(" ");
  const details = [
    ...names.map(({ form, description }) => `- \`${form}\`: ${description}`),
    ...options.map(
      ({ flags, description, default: value }) =>
        `- \`${flags}\`: ${description}${value ? `; ${value} without it` : ""}`,
    ),
  ];
  return `## ${name}

${summary}

\`npx runbook ${forms}\`
${details.length > 0 ? `\n${details.join("\n")}\n` : ""}
\`\`\`bash
${examples.map((line) => `npx runbook ${line}`).join("\n")}
\`\`\`
`;
}
