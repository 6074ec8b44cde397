import test from "ava";
import { reportLines } from "../../../scripts/support/preview-report.ts";
import { summarize } from "../../../scripts/support/preview-summary.ts";
import type { EngineEvent } from "../../../scripts/support/engine-events.ts";
import { at, event, urn } from "./support/engine-log.ts";

const server = urn("BgcPlatform", "kubernetes:apps/v1:StatefulSet", "postgres");
const compared = [
  "compared with what stack prod runs: 1 object changed, 0 new, 0 gone",
  "  bgc-platform: 1 changed (1 StatefulSet)",
];

function report(passed: boolean, advice: boolean, ...events: readonly EngineEvent[]): string[] {
  const log = at(0, ...events)
    .map((each) => JSON.stringify(each))
    .join("\n");
  return reportLines(summarize(log, { stack: "prod", seconds: 5.11, passed }), {
    compared,
    advice,
    log: "/p/.state/stacks/prod/logs/preview.log",
  });
}

const declared = event.starts(server, "create", {
  kind: "StatefulSet",
  metadata: { name: "postgres", namespace: "data" },
});
const blocked = event.refuses(
  "B04-postgres-liveness",
  'StatefulSet data/postgres, container "postgres": livenessProbe.timeoutSeconds is 1, must be at least 10 [B04-postgres-liveness]\n  at spec.template\n  why: a busy server is restarted\n  fix:\n    livenessProbe:\n      timeoutSeconds: 10',
  server,
);
const advised = event.refuses(
  "X04-spread",
  "StatefulSet data/postgres: is on one node [X04-spread]",
  server,
  "advisory",
);
const open = ["one", "two"].map((name) =>
  event.refuses(
    "X06-credential",
    `Secret data/${name}: not evaluated: data is not known [X06-credential]`,
    server,
    "advisory",
  ),
);

test("a preview that passes: what changes, the verdict, and the next step with the stack's name", (t) => {
  t.deepEqual(report(true, false, declared), [
    ...compared,
    "",
    "preview of stack prod passes: 1 resource, 0 violations, 5.1 s",
    "next: npm run up -- --stack prod",
  ]);
});

test("a blocked preview ends with the violation, its place and the fix, one line each about the rest, the verdict and the next step", (t) => {
  t.deepEqual(report(false, false, declared, blocked, advised, ...open, event.says("info", "no snapshots of data")), [
    ...compared,
    "",
    '1. StatefulSet data/postgres, container "postgres": livenessProbe.timeoutSeconds is 1, must be at least 10 [B04-postgres-liveness]',
    "     at spec.template",
    "     why: a busy server is restarted",
    "     fix:",
    "       livenessProbe:",
    "         timeoutSeconds: 10",
    "",
    "not evaluated: 2 verdicts, because only an update knows the values",
    "1 piece of advice and 1 note: shown with --advice",
    "preview of stack prod is BLOCKED: 1 resource, 1 violation, 5.1 s",
    "next: mend what is named above, then npm run preview -- --stack prod; all that the engine printed: /p/.state/stacks/prod/logs/preview.log",
  ]);
});

test("with --advice all of it is shown, before what blocks", (t) => {
  t.deepEqual(report(true, true, declared, advised, ...open, event.says("warning", "no snapshots of data")), [
    ...compared,
    "",
    "StatefulSet data/postgres: is on one node [X04-spread]",
    "",
    "no snapshots of data",
    "",
    "2 places: not evaluated: data is not known [X06-credential]",
    "  Secret data/one; Secret data/two",
    "",
    "not evaluated: 2 verdicts, because only an update knows the values",
    "preview of stack prod passes: 1 resource, 0 violations, 5.1 s",
    "next: npm run up -- --stack prod",
  ]);
});

test("a preview that no policy blocked shows the error, or says where its reason is", (t) => {
  t.deepEqual(
    report(
      false,
      false,
      event.says("error", "the stack's configuration has 1 wrong value:\n  systems: names nothing"),
    ).slice(2),
    [
      "",
      "the stack's configuration has 1 wrong value:",
      "  systems: names nothing",
      "",
      "preview of stack prod is BLOCKED: 0 resources, 0 violations, 5.1 s",
      "no policy blocked it: the error stands above",
      "next: mend what is named above, then npm run preview -- --stack prod; all that the engine printed: /p/.state/stacks/prod/logs/preview.log",
    ],
  );
  t.is(report(false, false).at(-2), "no policy blocked it: the end of /p/.state/stacks/prod/logs/preview.log says why");
});

test("the same fault in forty places and another one fit the last 24 lines, with places, fixes, verdict and next step", (t) => {
  const many = Array.from({ length: 40 }, (_, index) =>
    event.refuses(
      "X02-container-resources",
      `Deployment data/workload-${index}, container "main": has no memory limit [X02-container-resources]\n  at spec\n  why: a node runs out of memory\n  fix:\n    memory: 256Mi`,
      server,
    ),
  );
  const screen = report(false, false, declared, ...many, blocked, ...open).slice(-24);
  t.is(screen[2], "1. 40 places: has no memory limit [X02-container-resources]");
  t.is(screen.filter((line) => line.includes("memory: 256Mi") || line.includes("timeoutSeconds: 10")).length, 2);
  t.is(
    screen.at(-1),
    "next: mend what is named above, then npm run preview -- --stack prod; all that the engine printed: /p/.state/stacks/prod/logs/preview.log",
  );
});
