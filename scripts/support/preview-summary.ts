/** One policy finding of a preview. */
export interface PolicyFinding {
  readonly policy: string;
  readonly resource: string;
  readonly message: string;
}

export interface PreviewSummary {
  readonly stack: string;
  readonly passed: boolean;
  readonly seconds: number;
  /** Resources by their type. */
  readonly resources: ReadonlyMap<string, number>;
  readonly creates: number;
  readonly blocking: readonly PolicyFinding[];
  readonly advisory: readonly PolicyFinding[];
  readonly errors: readonly string[];
}

interface EngineEvent {
  readonly policyEvent?: { readonly policyName: string; readonly resourceUrn?: string; readonly message: string; readonly enforcementLevel: string };
  readonly resourcePreEvent?: { readonly metadata: { readonly op: string; readonly type: string } };
  readonly diagnosticEvent?: { readonly severity: string; readonly message: string };
}

// Pulumi marks colours as <{%...%}>.
const plain = (text: string) => text.replace(/<\{%[^%]*%\}>/g, "").trim();

/** Reads what happened out of the engine's event log, one JSON object a line. */
export function summarize(eventLog: string, { stack, seconds, passed }: Pick<PreviewSummary, "stack" | "seconds" | "passed">): PreviewSummary {
  const resources = new Map<string, number>();
  const blocking: PolicyFinding[] = [];
  const advisory: PolicyFinding[] = [];
  const errors: string[] = [];
  for (const line of eventLog.split("\n").filter(Boolean)) {
    const { policyEvent, resourcePreEvent, diagnosticEvent } = JSON.parse(line) as EngineEvent;
    if (policyEvent) {
      (policyEvent.enforcementLevel === "mandatory" ? blocking : advisory).push({
        policy: policyEvent.policyName,
        resource: policyEvent.resourceUrn?.split("::").at(-1) ?? "stack",
        message: plain(policyEvent.message),
      });
    }
    if (resourcePreEvent?.metadata.op === "create" && resourcePreEvent.metadata.type !== "pulumi:pulumi:Stack") {
      const { type } = resourcePreEvent.metadata;
      resources.set(type, (resources.get(type) ?? 0) + 1);
    }
    if (diagnosticEvent?.severity === "error") errors.push(plain(diagnosticEvent.message));
  }
  return {
    stack,
    seconds,
    passed,
    resources,
    creates: [...resources.values()].reduce((sum, count) => sum + count, 0),
    blocking,
    advisory,
    errors,
  };
}

/** The summary as a comment for a pull request. */
export function toMarkdown(summary: PreviewSummary): string {
  const list = (findings: readonly PolicyFinding[]) =>
    findings.map(({ policy, resource, message }) => `- **${policy}** on \`${resource}\`\n\n${message.replace(/^/gm, "  ")}\n`);
  return [
    `## Preview of stack \`${summary.stack}\`: ${summary.passed ? "passes" : "blocked"}`,
    "",
    `${summary.creates} resources, ${summary.blocking.length} violations, ${summary.advisory.length} advisory, ${summary.seconds.toFixed(1)} s.`,
    ...(summary.blocking.length > 0 ? ["", "### Violations", "", ...list(summary.blocking)] : []),
    ...(summary.errors.length > 0 ? ["", "### Errors", "", "```", ...summary.errors, "```"] : []),
    ...(summary.advisory.length > 0 ? ["", "### Advice", "", ...list(summary.advisory)] : []),
    "",
    "<details><summary>Resources by type</summary>",
    "",
    "| type | count |",
    "|---|---|",
    ...[...summary.resources].sort(([a], [b]) => a.localeCompare(b)).map(([type, count]) => `| \`${type}\` | ${count} |`),
    "",
    "</details>",
    "",
  ].join("\n");
}
