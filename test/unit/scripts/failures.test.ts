import test from "ava";
import { failureLines, failures } from "../../../scripts/support/failures.ts";
import { at, event, urn } from "./support/engine-log.ts";

const server = urn("BgcPlatform", "kubernetes:apps/v1:StatefulSet", "postgres");
const password = urn("BgcPlatform", "random:index:RandomPassword", "postgres");
const stack = "urn:pulumi:dev::production-platform::pulumi:pulumi:Stack::production-platform-dev";

const listed = (...events: Parameters<typeof at>[1][]) => {
  const wrong = failures();
  for (const each of at(0, ...events)) wrong.see(each);
  return wrong.list().map(failureLines);
};

test("an object that failed is named once, with its system, every reason once, and the command that looks at it", (t) => {
  const reason =
    '<{%reset%}>the Kubernetes API server reported that "data/postgres" failed to fully initialize:\n* [Pod data/postgres-0]: containers with unready status: [postgres]<{%reset%}>\n';
  t.deepEqual(
    listed(
      event.starts(server, "update", { kind: "StatefulSet", metadata: { name: "postgres", namespace: "data" } }),
      event.says("info", "waiting", server, true),
      event.says("error", reason, server),
      event.says("error", reason, server),
      event.fails(server, "update"),
      event.says("error", "update failed", stack),
    ),
    [
      [
        "StatefulSet data/postgres (bgc-platform)",
        '  the Kubernetes API server reported that "data/postgres" failed to fully initialize:',
        "  * [Pod data/postgres-0]: containers with unready status: [postgres]",
        "  look: kubectl describe statefulset/postgres --namespace=data",
      ],
    ],
  );
});

test("an object that is none of Kubernetes' is named by its type, and one without a reason says so", (t) => {
  t.deepEqual(listed(event.fails(password, "create")), [
    ["RandomPassword postgres (bgc-platform)", "  the engine gave no reason"],
  ]);
});

test("an error of the program is shown without an object and without its stack trace", (t) => {
  const message =
    "Running program '/p/index.ts' failed with an unhandled exception:\nError: the stack's configuration has 1 wrong value:\n  systems: names nothing\n    at loadSettings (/p/components/configuration.ts:10:9)\n    at async Promise.all (index 0)\n    at /p/index.ts:3:5";
  t.deepEqual(listed(event.says("error", message, stack), event.says("error", "update failed")), [
    [
      "Running program '/p/index.ts' failed with an unhandled exception:",
      "Error: the stack's configuration has 1 wrong value:",
      "  systems: names nothing",
    ],
  ]);
});

test("an update that went well has no failure, and one that says only that it failed has none to name", (t) => {
  t.deepEqual(
    listed(
      event.begins(),
      event.starts(server, "update"),
      event.ends(server, "update"),
      event.says("warning", "old", server),
    ),
    [],
  );
  t.deepEqual(listed(event.says("error", "update failed", stack)), []);
});

test("what the policies refused is kept from the update alone, where its preview said the same", (t) => {
  const wrong = failures();
  const refused = event.refuses("X08-image-pinned", "image uses a moving tag", server);
  for (const each of at(0, event.begins(), refused, event.refuses("X09", "advice", server, "advisory")))
    wrong.see(each);
  t.deepEqual(wrong.violations(), [refused.policyEvent!]);
  for (const each of at(1, event.begins(), refused)) wrong.see(each);
  t.deepEqual(wrong.violations(), [refused.policyEvent!]);
});
