import { exceptionsOf } from "../../model/exceptions.ts";
import type { Exception } from "../../model/exceptions.ts";
import type { KubernetesObject } from "../../model/kubernetes-object.ts";
import { exceptionRuleId } from "../../rules/exceptions/exceptions.ts";
import type { Location } from "./locations.ts";
import type { Origin } from "./reader.ts";
import { placesOf } from "./report.ts";
import type { CheckReport } from "./report.ts";

/**
 * `in use` answers for a finding; `not needed` answers for none, so that it can be removed; `refused` does not hold.
 */
export type ExceptionState = "in use" | "not needed" | "refused";

/**
 * An exception on an object, and what it is worth; `problem` may also tell of one in use, such as an end too far away.
 */
export interface ListedException extends Exception {
  readonly object: KubernetesObject;
  readonly location?: Location;
  readonly state: ExceptionState;
}

/** All exceptions of all objects, those that end first at the top. `today` is `YYYY-MM-DD`. */
export function listExceptions(
  { objects, findings, excepted }: CheckReport,
  origins: ReadonlyMap<KubernetesObject, Origin>,
  today: string,
): ListedException[] {
  const annotations = objects.flatMap((object) =>
    readable(object, today).map((exception) => ({
      object,
      exception,
      path: `metadata.annotations["${exception.annotation}"]`,
    })),
  );
  const place = placesOf(annotations, origins);
  return annotations
    .map(({ object, exception, path }): ListedException => {
      const refusal = findings.find(
        (finding) => finding.rule.id === exceptionRuleId && finding.object === object && finding.path === path,
      )?.message;
      const problem = exception.problem ?? refusal;
      const used = excepted.some((finding) => finding.object === object && finding.rule.id === exception.ruleId);
      const state = used ? "in use" : problem === undefined ? "not needed" : "refused";
      return { ...exception, object, ...place({ object, path }), ...(problem === undefined ? {} : { problem }), state };
    })
    .sort((a, b) => (a.until < b.until ? -1 : a.until > b.until ? 1 : 0));
}

/** Annotations of an impossible shape hold no exception; the rule about exceptions says what is wrong with them. */
function readable(object: KubernetesObject, today: string): readonly Exception[] {
  try {
    return exceptionsOf(object, today);
  } catch {
    return [];
  }
}
