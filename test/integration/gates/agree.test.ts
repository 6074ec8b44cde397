import test from "ava";
import { admissionGate } from "../../../policies/gates/admission/gate.ts";
import { crossGuardPolicies } from "../../../policies/gates/pulumi/cross-guard.ts";
import { fromManifest } from "../../../policies/model/kubernetes-object.ts";
import type { Manifest } from "../../../policies/model/kubernetes-object.ts";
import { concerns, judge } from "../../../policies/engine/judge.ts";
import type { Rule } from "../../../policies/rules/rule.ts";
import { rulesAsOf } from "../../../policies/rules/index.ts";
import { parseSettings } from "../../../policies/engine/settings.ts";
import type { Settings } from "../../../policies/engine/settings.ts";
import { indexObjects } from "../../../policies/model/object-index.ts";
import { changed, judged, line, settingsOf, today as fixtureDay } from "../../policy/fixtures/fixture.ts";
import { fixtures } from "../../policy/fixtures/index.ts";
import { runPack } from "../../policy/support/cross-guard-run.ts";
import { ApiServer, isBy } from "./support/api-verdict.ts";
import { admission, makeNamespaces, tidyUp } from "./support/gate.ts";

const today = new Date().toISOString().slice(0, 10);
const passed = Date.parse(today) - Date.parse(fixtureDay);
/**
 * A fixture's objects with the ends of their exceptions as far from today as they are from the fixtures' own day: the
 * API server has no other clock.
 */
const asOfToday = (manifests: readonly unknown[]) =>
  JSON.parse(
    JSON.stringify(manifests).replace(/until=(\d{4}-\d{2}-\d{2})/g, (whole, day: string) => {
      const end = new Date(Date.parse(day) + passed);
      return Number.isNaN(end.getTime()) ? whole : `until=${end.toISOString().slice(0, 10)}`;
    }),
  ) as Manifest[];
const settings = parseSettings();
const atAdmission = new Map(admissionGate(rulesAsOf(today), settings).guarded.map(({ rule }) => [rule.id, rule]));
const good = new Set(changed([]).map((manifest) => JSON.stringify(manifest)));

const api = new ApiServer();

test.before(async () => {
  await makeNamespaces();
  const { code, stdout, stderr } = await admission("apply");
  if (code !== 0) throw new Error(stdout + stderr);
});
test.after.always(async () => {
  api.close();
  await tidyUp();
});

/** Whether the checks find what a rule looks for in one object, as the API server would store it. */
function checkFinds(rule: Rule, object: Manifest): boolean {
  const others = changed([]).flatMap((manifest) => fromManifest(manifest));
  return fromManifest(object).some(
    (each) => judge(rule, each, indexObjects([each, ...others]), settings, today).findings.length > 0,
  );
}

/**
 * What one policy of the pack says of a stack, without reasons and lines to write. Those that only record come along;
 * all others have their own fixtures.
 */
async function packSays(id: string, manifests: readonly unknown[], own: Settings): Promise<string[]> {
  const [recording, ...policies] = crossGuardPolicies(fixtureDay, own);
  const violations = await runPack(manifests, {
    policies: [recording!, ...policies.filter(({ name }) => name === id)],
  });
  return violations
    .filter(({ policy, message }) => policy === id && !message.includes(": excepted from "))
    .map(({ message }) => message.split("\n")[0]!);
}

test.serial("the good stack is accepted whole, without a warning", async (t) => {
  const unknown: string[] = [];
  for (const manifest of changed([]) as Manifest[]) {
    const { object, says } = await api.askedFor(manifest, "guarded");
    if (says.includes("no matches for kind")) unknown.push(`${manifest.kind} ${manifest.metadata?.name}`);
    else t.deepEqual([object?.kind, says], [manifest.kind, ""]);
  }
  t.log(`of kinds that this API server does not have: ${unknown.join(", ") || "none"}`);
});

test.serial("the policy pack, the checks and the API server give the same verdict on every fixture", async (t) => {
  const counts = {
    fixtures: 0,
    refusedBy3: 0,
    acceptedBy3: 0,
    filledIn: 0,
    ownRefusal: 0,
    beyondCel: 0,
    ownNumbers: 0,
    nothingToSend: 0,
  };
  const filledIn: string[] = [];
  const refused = new Set<string>();
  for (const fixture of fixtures) {
    const { rule: id, title, edits, says, numbers } = fixture;
    const name = `${id}: ${title}`;
    counts.fixtures += 1;
    const report = judged(edits, numbers && { [id]: numbers });
    t.deepEqual(
      [report.findings, report.notEvaluated].map((found) => found.map(line)),
      [[...says], []],
      name,
    );
    t.deepEqual(
      await packSays(id, changed(edits), settingsOf(fixture)),
      says.map((each) => `${each} [${id}]`),
      name,
    );
    const check = says.length > 0;
    const rule = atAdmission.get(id);
    if (rule === undefined) {
      counts.beyondCel += 1;
      continue;
    }
    if (numbers !== undefined) {
      counts.ownNumbers += 1; // the API server has the policies of the defaults; policy/cel.test.ts evaluates those of other numbers
      continue;
    }
    const sent = asOfToday(changed(edits)).filter(
      (manifest) => !good.has(JSON.stringify(manifest)) && concerns(rule, manifest.kind ?? ""),
    );
    if (sent.length === 0) counts.nothingToSend += 1;
    for (const manifest of sent) {
      // What the server makes of it where no policy is: its own defaults are in it, and what it refuses by itself is
      // told apart.
      const stored = (await api.askedFor(manifest, "free")).object;
      if (stored === undefined) {
        counts.ownRefusal += 1;
        continue;
      }
      const answer = await api.askedFor(manifest, "guarded");
      const found = checkFinds(rule, stored);
      t.is(isBy(id, answer), found, `${name}\n${answer.says}`);
      if (!found) t.truthy(answer.object, `${name}\n${answer.says}`);
      else
        t.true(
          answer.says.includes(`[${id}]; why: ${rule.rationale} fix: ${rule.remediation.split("\n")[0]}`),
          answer.says,
        );
      if (found) refused.add(id);
      if (found === check) counts[found ? "refusedBy3" : "acceptedBy3"] += 1;
      else {
        counts.filledIn += 1;
        filledIn.push(name);
      }
    }
  }
  t.log(
    `${counts.fixtures} fixtures; the pack and the checks agree on all of them; ${counts.beyondCel} belong to rules that CEL cannot say, ${counts.ownNumbers} have numbers of their own`,
  );
  t.log(`objects with the same verdict from all three: ${counts.refusedBy3} refused, ${counts.acceptedBy3} accepted`);
  t.log(
    `${counts.ownRefusal} objects that the API server refuses by itself, or has no kind for; ${counts.nothingToSend} fixtures that change no object of their rule's kinds`,
  );
  t.log(
    `${counts.filledIn} that the API server's defaults, or today's date, settle before any policy sees them: ${filledIn.join("; ") || "none"}`,
  );
  t.log(
    `rules no fixture of which reached the API server as a violation: ${[...atAdmission.keys()].filter((id) => !refused.has(id)).join(", ") || "none"}`,
  );
  t.true(counts.refusedBy3 >= refused.size && counts.acceptedBy3 > 0);
});
