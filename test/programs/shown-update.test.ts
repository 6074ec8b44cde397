import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import type { EngineEvent } from "../../scripts/support/engine-events.ts";
import { at, event, urn } from "../unit/scripts/support/engine-log.ts";
import { fakeCluster, place } from "./support/two-clusters.ts";

const server = urn("BgcPlatform", "kubernetes:apps/v1:StatefulSet", "postgres");
const bots = urn("BotsEdi", "kubernetes:apps/v1:Deployment", "bots-webserver");
const postgres = { kind: "StatefulSet", metadata: { name: "postgres", namespace: "data" } };
const preview = at(
  0,
  event.begins(),
  event.starts(server, "update", postgres),
  event.starts(bots, "same"),
  event.sums({ same: 1, update: 1 }),
);

/**
 * Brings a stack up with an engine that plays these events, and returns what was said from the update on, and the log.
 */
async function up(t: ExecutionContext, update: readonly EngineEvent[], variables: Record<string, string> = {}) {
  const cluster = await fakeCluster(t, "kind-shown", "uid-shown");
  const here = place(t, { shown: "kind-shown" });
  const folder = mkdtempSync(join(tmpdir(), "recorded-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const recorded = join(folder, "events.json");
  writeFileSync(recorded, JSON.stringify([preview, update]));
  const { code, said } = await here.run("up", ["--stack", "shown"], {
    KUBECONFIG: cluster.kubeconfig,
    FAKE_PULUMI_EVENTS: recorded,
    ...variables,
  });
  const logs = join(here.folder, ".state/stacks/shown/logs");
  const [name = "none", ...others] = readdirSync(logs);
  const shown = said
    .split("\n")
    .map((line) => line.replace(`${logs}/${name}`, "LOG").replace(/ \(\d+ s\)( ==)?$/, ""))
    .filter(Boolean);
  return {
    code,
    shown: shown.slice(shown.findIndex((line) => line.startsWith("all details:"))),
    log: readFileSync(join(logs, name), "utf8"),
    others,
  };
}

test("where no terminal is, an update is a line for each phase and two for each system; all that the engine printed is in the log that is named", async (t) => {
  const { code, shown, log, others } = await up(t, [
    ...at(
      10,
      event.begins(),
      event.starts(bots, "same"),
      event.ends(bots, "same"),
      event.starts(server, "update", postgres),
    ),
    ...at(52, event.ends(server, "update"), event.sums({ same: 1, update: 1 })),
  ]);
  t.is(code, 0, shown.join("\n"));
  t.deepEqual(shown.slice(0, 8), [
    "all details: LOG",
    "looks at what is to change",
    "planned: 1 to update, 1 unchanged",
    "brings the changes",
    "bots-edi: nothing to change, 1 object",
    "bgc-platform: begins, 1 of 1 object to change",
    "bgc-platform: done in 42 s, 1 object: 1 updated",
    "done: 1 updated, 1 unchanged",
  ]);
  t.is(log, "the engine shows 4 events in its own words\nthe engine shows 6 events in its own words\n");
  t.deepEqual(others, []);
});

test("an update that fails says which object, why and what to do next, once and at its end, and exits with 1", async (t) => {
  const { code, shown, log } = await up(
    t,
    at(
      10,
      event.begins(),
      event.starts(server, "update", postgres),
      event.says("error", "not ready within 10 minutes", server),
      event.fails(server, "update"),
      event.sums({ same: 1 }),
    ),
    { FAKE_PULUMI: "fails half-way" },
  );
  t.is(code, 1);
  t.deepEqual(shown.slice(-7), [
    "failed: 1 unchanged",
    "the update of stack shown failed (exit 255)",
    "1. StatefulSet data/postgres (bgc-platform)",
    "     not ready within 10 minutes",
    "     look: kubectl describe statefulset/postgres --namespace=data",
    "all that the engine printed: LOG",
    "next: mend what is named above, then npm run up -- --stack shown; what was done is recorded, and it goes on from there",
  ]);
  t.true(log.endsWith("error: the update failed\n"), log);
});

test("an engine that ends without an event is no success: the end of what it printed is shown", async (t) => {
  const { code, shown } = await up(t, [], { FAKE_PULUMI: "fails half-way", FAKE_PULUMI_EVENTS: "" });
  t.is(code, 1);
  t.deepEqual(shown, [
    "all details: LOG",
    "the update of stack shown failed (exit 255)",
    "the engine named no object; the end of what it printed:",
    "  error: the update failed",
    "all that the engine printed: LOG",
    "next: mend what is named above, then npm run up -- --stack shown; what was done is recorded, and it goes on from there",
  ]);
});
