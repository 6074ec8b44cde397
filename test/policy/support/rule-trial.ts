import { isDeepStrictEqual } from "node:util";
import { ourNamespaces } from "../../../policies/gates/admission/gate.ts";
import { policyOf } from "../../../policies/gates/admission/policy.ts";
import { fromManifest } from "../../../policies/model/kubernetes-object.ts";
import type { KubernetesObject, Manifest } from "../../../policies/model/kubernetes-object.ts";
import { concerns, judge } from "../../../policies/engine/judge.ts";
import type { Rule } from "../../../policies/rules/rule.ts";
import { rulesAsOf } from "../../../policies/rules/index.ts";
import type { Settings } from "../../../policies/engine/settings.ts";
import { indexObjects } from "../../../policies/model/object-index.ts";
import type { ObjectIndex } from "../../../policies/model/object-index.ts";
import { changed, line, settingsOf, today } from "../fixtures/fixture.ts";
import type { Fixture } from "../fixtures/fixture.ts";
import { fixtures } from "../fixtures/index.ts";
import { asked, celRefusals } from "./cel.ts";

/** A fixture with what it takes to judge it, made once. */
interface Prepared {
  readonly fixture: Fixture;
  readonly manifests: readonly Manifest[];
  readonly objects: ReadonlyMap<Manifest, readonly KubernetesObject[]>;
  readonly stack: ObjectIndex;
  readonly settings: Settings;
}

const good = changed([]) as Manifest[];
const untouched = new Set(good);
const goodObjects = new Map(good.map((manifest) => [manifest, fromManifest(manifest)] as const));
const prepared = fixtures.map((fixture): Prepared => {
  const manifests = changed(fixture.edits) as Manifest[];
  const objects = new Map(
    manifests.map((manifest) => [manifest, goodObjects.get(manifest) ?? fromManifest(manifest)] as const),
  );
  return {
    fixture,
    manifests,
    objects,
    stack: indexObjects([...objects.values()].flat()),
    settings: settingsOf(fixture),
  };
});
const ownOf = Map.groupBy(prepared, ({ fixture }) => fixture.rule);
const othersOf = (id: string) => prepared.filter(({ fixture }) => fixture.rule !== id && fixture.numbers === undefined);
const real = new Map(rulesAsOf(today).map((rule) => [rule.id, rule]));

/**
 * Why the fixtures refuse a rule's check, or undefined where they take it for the real one: by its findings and its
 * open verdicts.
 */
export function checkRefutation(rule: Rule): string | undefined {
  return refuted([...(ownOf.get(rule.id) ?? []), ...othersOf(rule.id)], (each) => saysOtherwise(rule, each));
}

/** Why the fixtures refuse a rule's CEL, or undefined where it says of every object what the real rule says. */
export function celRefutation(rule: Rule): string | undefined {
  const policies = new Map<Settings, ReturnType<typeof policyOf>>();
  const policyFor = (settings: Settings) => {
    if (!policies.has(settings)) policies.set(settings, policyOf(rule, settings, ourNamespaces));
    return policies.get(settings);
  };
  return refuted([...(ownOf.get(rule.id) ?? []), ...othersOf(rule.id)], (each) => {
    const policy = policyFor(each.settings);
    return policy && celSaysOtherwise(rule, policy, each);
  });
}

function refuted(all: readonly Prepared[], wrong: (each: Prepared) => string | undefined): string | undefined {
  try {
    for (const each of all) {
      const found = wrong(each);
      if (found !== undefined) return `${each.fixture.rule}, ${each.fixture.title}: ${found}`;
    }
    return undefined;
  } catch (error) {
    return `throws ${(error as Error).message}`;
  }
}

/**
 * All objects of a rule's own fixture, since it may speak where another one changed; of the others only what changed.
 */
function looksAt(rule: Rule, { fixture, manifests }: Prepared): Manifest[] {
  return manifests.filter(
    (manifest) => (fixture.rule === rule.id || !untouched.has(manifest)) && concerns(rule, manifest.kind ?? ""),
  );
}

function verdictsOn(rule: Rule, each: Prepared, manifest: Manifest) {
  return each.objects.get(manifest)!.map((object) => judge(rule, object, each.stack, each.settings, today));
}

function saysOtherwise(rule: Rule, each: Prepared): string | undefined {
  const verdicts = looksAt(rule, each).flatMap((manifest) => verdictsOn(rule, each, manifest));
  const said = [verdicts.flatMap(({ findings }) => findings), verdicts.flatMap(({ notEvaluated }) => notEvaluated)].map(
    (found) => found.map(line),
  );
  return isDeepStrictEqual(said, [each.fixture.rule === rule.id ? [...each.fixture.says] : [], []])
    ? undefined
    : said.flat().join("; ") || "says nothing";
}

const truths = new Map<Prepared, Map<string, boolean>>();

/** Whether the real rule finds something in an object. */
function finds(id: string, each: Prepared, manifest: Manifest): boolean {
  const known = truths.get(each) ?? new Map<string, boolean>();
  truths.set(each, known);
  const key = `${id} ${each.manifests.indexOf(manifest)}`;
  if (!known.has(key))
    known.set(
      key,
      verdictsOn(real.get(id)!, each, manifest).some(({ findings }) => findings.length > 0),
    );
  return known.get(key)!;
}

function celSaysOtherwise(
  rule: Rule,
  policy: NonNullable<ReturnType<typeof policyOf>>,
  each: Prepared,
): string | undefined {
  for (const manifest of looksAt(rule, each)) {
    const refused = celRefusals(policy, manifest, asked(manifest, each.manifests)).length > 0;
    if (refused !== finds(rule.id, each, manifest))
      return `CEL ${refused ? "refuses" : "accepts"} ${manifest.kind} ${manifest.metadata?.name}`;
  }
  return undefined;
}
