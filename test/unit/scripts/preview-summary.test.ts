import test from "ava";
import { summarize, toMarkdown, verdictOf } from "../../../scripts/support/preview-summary.ts";
import type { EngineEvent } from "../../../scripts/support/engine-events.ts";
import { at, event, urn } from "./support/engine-log.ts";

/** An event log as the engine writes it: one JSON object a line, and a line end at the end. */
const log = (...events: readonly EngineEvent[]) =>
  at(0, ...events)
    .map((each, sequence) => `${JSON.stringify({ sequence, ...each })}\n`)
    .join("");

const api = urn("BgcPlatform", "kubernetes:apps/v1:Deployment", "bgc-api");
const service = urn("BgcPlatform", "kubernetes:core/v1:Service", "bgc-api");
const password = urn("BgcPlatform", "random:index:RandomPassword", "redis-auth");
const provider = "urn:pulumi:dev::production-platform::pulumi:providers:kubernetes::cluster";
const object = (kind: string, name: string) => ({ kind, metadata: { name, namespace: "data" } });
const run = { stack: "dev", seconds: 1.26, passed: true };

const passing = log(
  event.begins(),
  event.starts(provider, "create"),
  event.starts(urn("BgcPlatform", "platform:workload:Workload", "bgc-api"), "create", {}, false),
  event.starts(service, "create", object("Service", "bgc-api")),
  event.starts(api, "create", object("Deployment", "bgc-api")),
  event.starts(password, "create", { length: 32 }),
  event.says("info", "a program may say something", api),
  event.says("info", "a program may say something"),
  event.says("info", "and this passes", api, true),
  event.sums({ create: 5 }),
);

test("a passing preview: the objects that it declares, without components and providers, and what the program says once", (t) => {
  const { declared, notes, ...rest } = summarize(passing, run);
  t.deepEqual(rest, { ...run, blocking: [], advice: [], open: [], errors: [] });
  t.deepEqual(notes, ["a program may say something"]);
  t.deepEqual(
    [...declared.values()].map(({ kind, title, system }) => [kind, title, system]),
    [
      ["Service", "Service data/bgc-api", "bgc-platform"],
      ["Deployment", "Deployment data/bgc-api", "bgc-platform"],
      ["RandomPassword", "RandomPassword redis-auth", "bgc-platform"],
    ],
  );
  t.deepEqual([...declared.values()][2]!.inputs, { length: 32 });
});

test("a blocked preview: mandatory findings block, all others advise, open verdicts are told apart, and their own count is not counted", (t) => {
  const summary = summarize(
    log(
      event.starts(api, "create", object("Deployment", "bgc-api")),
      event.refuses("X08-image-pinned", "Deployment data/bgc-api: image uses a moving tag [X08-image-pinned]", api),
      event.refuses("X06", "Secret data/key: not evaluated: data is not known [X06]", api, "advisory"),
      event.refuses("X04", "Deployment data/bgc-api: is alone [X04]", api, "advisory"),
      event.refuses(
        "evaluated-rules",
        '1 verdict is open, because values are not known before the update, which decides them: see "not evaluated"',
        undefined,
        "advisory",
      ),
      event.refuses("X07-backup", "has no backup"),
    ),
    { ...run, passed: false },
  );
  const said = (faults: typeof summary.blocking) =>
    faults.map(({ policy, places }) => [policy, ...places.map(({ place, fault }) => `${place}: ${fault}`)]);
  t.deepEqual(said(summary.blocking), [
    ["X08-image-pinned", "Deployment data/bgc-api: image uses a moving tag"],
    ["X07-backup", "stack: has no backup"],
  ]);
  t.deepEqual(
    [said(summary.advice), said(summary.open)],
    [[["X04", "Deployment data/bgc-api: is alone"]], [["X06", "Secret data/key: not evaluated: data is not known"]]],
  );
  t.is(verdictOf(summary), "1 resource, 2 violations, 1.3 s");
});

test("an engine error is kept once, and what only says that it failed is kept where nothing else does", (t) => {
  const errors = (...messages: string[]) =>
    summarize(log(...messages.map((message) => event.says("error", message))), run).errors;
  t.deepEqual(errors("<{%reset%}>the program failed<{%reset%}>\n", "the program failed", "preview failed"), [
    "the program failed",
  ]);
  t.deepEqual(errors("preview failed"), ["preview failed"]);
  t.deepEqual(summarize(log(event.says("info#err", "a stack trace")), run).errors, []);
});

test("a log in which nothing happened is a preview of nothing", (t) => {
  t.is(verdictOf(summarize("", run)), "0 resources, 0 violations, 1.3 s");
});

test("a log that was cut in the middle of a line is not read as a pass", (t) => {
  t.throws(() => summarize(passing.slice(0, -10), run), { instanceOf: SyntaxError });
});

test("the Markdown of a passing preview: what changes, and what the program says", (t) => {
  t.is(
    toMarkdown(summarize(passing, run), ["compared with the last commit, 1a2b3c4: 1 object changed, 0 new, 0 gone"]),
    `## Preview of stack \`dev\`: passes

3 resources, 0 violations, 1.3 s.

### What changes

\`\`\`
compared with the last commit, 1a2b3c4: 1 object changed, 0 new, 0 gone
\`\`\`

### Advice

- a program may say something
`,
  );
});

test("the Markdown of a blocked preview: each fault once with all of its places, errors, advice, and how many verdicts are open", (t) => {
  const place = (name: string) =>
    event.refuses(
      "X01-non-root",
      `Deployment data/${name}: runs as root [X01-non-root]\n  fix:\n    runAsUser: 1000`,
      api,
    );
  const summary = summarize(
    log(
      place("one"),
      place("two"),
      event.says("error", "the program failed"),
      event.refuses("X04", "Deployment data/one: is alone [X04]", api, "advisory"),
      event.refuses("X06", "Secret data/key: not evaluated: data is not known [X06]", api, "advisory"),
    ),
    { ...run, stack: "prod", passed: false },
  );
  t.is(
    toMarkdown(summary),
    `## Preview of stack \`prod\`: blocked

0 resources, 1 violation in 2 places, 1.3 s.

### Violations

- **X01-non-root**

  \`\`\`
  2 places: runs as root [X01-non-root]
    Deployment data/one; Deployment data/two
    fix:
      runAsUser: 1000
  \`\`\`

### Errors

\`\`\`
the program failed
\`\`\`

### Advice

- **X04**

  \`\`\`
  Deployment data/one: is alone [X04]
  \`\`\`

1 verdict not evaluated: only an update knows the values.
`,
  );
});
