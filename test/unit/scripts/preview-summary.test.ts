import test from "ava";
import { type PolicyFinding, type PreviewSummary, summarize, toMarkdown } from "../../../scripts/support/preview-summary.ts";

/** An event log as the engine writes it: one JSON object a line, with fields that nobody reads, and a line end at the end. */
const log = (...events: object[]) => events.map((event, sequence) => `${JSON.stringify({ sequence, timestamp: 1_760_000_000, ...event })}\n`).join("");

const planned = (type: string, op = "create") => ({ resourcePreEvent: { metadata: { op, type, urn: `urn:pulumi:dev::production-platform::${type}::name` }, planning: true } });
const diagnostic = (severity: string, message: string) => ({ diagnosticEvent: { severity, message, prefix: "", color: "raw" } });
const policy = (name: string, enforcementLevel: string, message: string, resourceUrn?: string) =>
  ({ policyEvent: { policyName: name, policyPackName: "production-platform", enforcementLevel, message, ...(resourceUrn && { resourceUrn }) } });

const said = ({ policy, resource, message }: PolicyFinding) => [policy, resource, message];

const deployment = "kubernetes:apps/v1:Deployment";
const service = "kubernetes:core/v1:Service";
const api = `urn:pulumi:dev::production-platform::platform:workload:Workload$${deployment}::bgc-api`;

const passing = log(
  { preludeEvent: { config: {} } },
  planned(service), planned(deployment), planned(service),
  planned("pulumi:providers:kubernetes", "same"),
  diagnostic("info", "a program may say something"),
  { summaryEvent: { resourceChanges: { create: 3 } } },
);

test("a passing preview: what it creates, counted by type, and nothing found", (t) => {
  t.deepEqual(summarize(passing, { stack: "dev", seconds: 1.26, passed: true }), {
    stack: "dev",
    seconds: 1.26,
    passed: true,
    resources: new Map([[service, 2], [deployment, 1]]),
    creates: 3,
    blocking: [],
    advisory: [],
    errors: [],
  });
});

test("a blocked preview: mandatory findings block, all others advise, and each names its resource", (t) => {
  const events = log(
    planned(deployment),
    policy("X08-image-pinned", "mandatory", "image uses a moving tag", api),
    policy("visible-objects", "advisory", "is not evaluated", api),
    policy("X07-backup", "mandatory", "has no backup"),
  );
  const { blocking, advisory, errors } = summarize(events, { stack: "dev", seconds: 1, passed: false });
  t.deepEqual(blocking.map(said), [["X08-image-pinned", "bgc-api", "image uses a moving tag"], ["X07-backup", "stack", "has no backup"]]);
  t.deepEqual(advisory.map(said), [["visible-objects", "bgc-api", "is not evaluated"]]);
  t.deepEqual(errors, []);
});

test("an engine error is kept, and warnings are not", (t) => {
  const events = log(diagnostic("warning", "this is old"), diagnostic("error", "the program failed"), diagnostic("info#err", "a stack trace"));
  t.deepEqual(summarize(events, { stack: "dev", seconds: 1, passed: false }).errors, ["the program failed"]);
});

test("colours are stripped from findings and errors, and a percent sign is not taken for one", (t) => {
  const events = log(
    policy("P", "mandatory", "<{%fg 1%}>99% full<{%reset%}>\n  <{%bold%}>fix<{%reset%}> it\n", api),
    diagnostic("error", "<{%reset%}>broken<{%reset%}>\n"),
  );
  const { blocking, errors } = summarize(events, { stack: "dev", seconds: 1, passed: false });
  t.is(blocking[0]?.message, "99% full\n  fix it");
  t.deepEqual(errors, ["broken"]);
});

test("a log in which nothing happened is a preview of nothing", (t) => {
  const { creates, resources } = summarize("", { stack: "dev", seconds: 0, passed: true });
  t.is(creates, 0);
  t.is(resources.size, 0);
});

test("a log that was cut in the middle of a line is not read as a pass", (t) => {
  t.throws(() => summarize(passing.slice(0, -10), { stack: "dev", seconds: 1, passed: true }), { instanceOf: SyntaxError });
});

test("the Markdown of a passing preview, types in the order of their names", (t) => {
  t.is(toMarkdown(summarize(passing, { stack: "dev", seconds: 1.26, passed: true })), `## Preview of stack \`dev\`: passes

3 resources, 0 violations, 0 advisory, 1.3 s.

<details><summary>Resources by type</summary>

| type | count |
|---|---|
| \`kubernetes:apps/v1:Deployment\` | 1 |
| \`kubernetes:core/v1:Service\` | 2 |

</details>
`);
});

test("the Markdown of a blocked preview: violations, errors, then advice, every line of a message indented", (t) => {
  const finding = (name: string, message: string) => ({ policy: name, resource: "bgc-api", message });
  const summary: PreviewSummary = {
    stack: "prod",
    passed: false,
    seconds: 12,
    resources: new Map(),
    creates: 0,
    blocking: [finding("X01-non-root", "runs as root\n  fix:\n    runAsUser: 1000"), finding("X08-image-pinned", "moving tag")],
    advisory: [finding("visible-objects", "is not evaluated")],
    errors: ["the program failed", "and again"],
  };
  t.is(toMarkdown(summary), `## Preview of stack \`prod\`: blocked

0 resources, 2 violations, 1 advisory, 12.0 s.

### Violations

- **X01-non-root** on \`bgc-api\`

  runs as root
    fix:
      runAsUser: 1000

- **X08-image-pinned** on \`bgc-api\`

  moving tag


### Errors

\`\`\`
the program failed
and again
\`\`\`

### Advice

- **visible-objects** on \`bgc-api\`

  is not evaluated


<details><summary>Resources by type</summary>

| type | count |
|---|---|

</details>
`);
});
