import { levelOf } from "../../../policies/engine/enforcement.ts";
import { fromManifest } from "../../../policies/model/kubernetes-object.ts";
import type { KubernetesObject, Manifest } from "../../../policies/model/kubernetes-object.ts";
import { evaluate, judge, rulesByKind } from "../../../policies/engine/judge.ts";
import type { Rule } from "../../../policies/rules/rule.ts";
import { settingsFor } from "../../../policies/engine/overrides.ts";
import type { Settings } from "../../../policies/engine/settings.ts";
import { indexObjects } from "../../../policies/model/object-index.ts";
import type { ObjectIndex } from "../../../policies/model/object-index.ts";
import type { Mutant } from "./mutator.ts";
import { placeOf, tracking } from "./reach.ts";

/** A stack that was judged once, and can say of one changed object whether more is blocked now. */
export interface JudgedStack {
  /**
   * Judges only what the change can reach: the object itself, and the verdicts in its namespace that looked at objects
   * of its kind.
   */
  readonly blocks: (mutant: Mutant) => boolean;
  /** The same, by judging the whole stack again. */
  readonly blocksAsAWhole: (mutant: Mutant) => boolean;
}

/** A rule to ask about an object, and how many blocking findings it had before. */
interface Question {
  readonly rule: Rule;
  readonly object: KubernetesObject;
  readonly findings: number;
}

/** A namespace with what belongs to none, or the whole stack, as it was judged before any change. */
interface Area {
  readonly members: readonly KubernetesObject[];
  readonly findings: ReadonlyMap<KubernetesObject, ReadonlyMap<Rule, number>>;
  /** Verdicts that looked at the objects of a place, `kind namespace`, or may have looked at all. */
  readonly readersOf: (place: string) => readonly Question[];
}

const areaOf = ({ kind, name, namespace }: KubernetesObject) => (kind === "Namespace" ? name : namespace);

/** Judges a stack by its namespaces. */
export function judgedStack(manifests: readonly Manifest[], settings: Settings, today: string): JudgedStack {
  const originals = new Map(manifests.map((manifest) => [manifest, fromManifest(manifest)[0]!]));
  const objects = [...originals.values()];
  const rulesOf = rulesByKind(settings, today);
  const blocking = (rule: Rule, object: KubernetesObject, stack: ObjectIndex) =>
    levelOf(rule, settings) === "mandatory"
      ? judge(rule, object, stack, settingsFor(object, settings), today).findings.length
      : 0;

  const owned = new Set(objects.filter(({ kind }) => kind === "Namespace").map(({ name }) => name));
  const areas = new Map(
    [...owned].map((area) => [
      area,
      judgedArea(objects.filter((object) => areaOf(object) === area || !owned.has(areaOf(object)))),
    ]),
  );
  const everything = judgedArea(objects);
  const before = count(objects);
  /** The rule that blocked the last mutant of the same change: it is asked first. */
  const likely = new Map<string, Rule>();

  function judgedArea(members: readonly KubernetesObject[]): Area {
    const stack = indexObjects(members);
    const readers: (Question & { readonly reads: ReadonlySet<string> | undefined })[] = [];
    const findings = new Map(
      members.map((object) => [
        object,
        new Map(
          rulesOf(object.kind).map((rule) => {
            const { tracked, reads } = tracking(stack);
            const found = blocking(rule, object, tracked);
            if (rule.scope === "stack") readers.push({ rule, object, findings: found, reads: reads() });
            return [rule, found] as const;
          }),
        ),
      ]),
    );
    const byPlace = new Map<string, readonly Question[]>();
    const readersOf = (place: string) => {
      let known = byPlace.get(place);
      if (known === undefined)
        byPlace.set(place, (known = readers.filter(({ reads }) => reads === undefined || reads.has(place))));
      return known;
    };
    return { members, findings, readersOf };
  }

  return {
    blocks({ change, before: manifest, after }) {
      const original = manifest && originals.get(manifest);
      const mutant = after && fromManifest(after)[0];
      const area = areas.get(areaOf((original ?? mutant)!)) ?? everything;
      let stack: ObjectIndex | undefined; // made when the first rule about the stack is asked
      const changed = () =>
        (stack ??= indexObjects([
          ...area.members.filter((object) => object !== original),
          ...(mutant ? [mutant] : []),
        ]));
      const more = ({ rule, object, findings }: Question) =>
        blocking(rule, object, rule.scope === "stack" ? changed() : nothingElse) > findings;

      const own = original && area.findings.get(original);
      const asked = mutant
        ? rulesOf(mutant.kind).map((rule) => ({ rule, object: mutant, findings: own?.get(rule) ?? 0 }))
        : [];
      const places = new Set([original, mutant].flatMap((object) => (object ? [placeOf(object)] : [])));
      const reached = [...places].flatMap(area.readersOf).filter(({ object }) => object !== original);
      const first = likely.get(change);
      const found =
        [...asked, ...reached].find((question) => question.rule === first && more(question)) ??
        asked.find((question) => question.rule !== first && more(question)) ??
        reached.find((question) => question.rule !== first && more(question));
      if (found) likely.set(change, found.rule);
      return found !== undefined;
    },
    blocksAsAWhole({ before: manifest, after }) {
      const original = manifest && originals.get(manifest);
      return (
        count([...objects.filter((object) => object !== original), ...(after ? fromManifest(after) : [])]) > before
      );
    },
  };

  function count(judged: readonly KubernetesObject[]): number {
    return evaluate(judged, settings, today).findings.filter(({ rule }) => levelOf(rule, settings) === "mandatory")
      .length;
  }
}

const nothingElse = indexObjects([]);
