import * as pulumi from "@pulumi/pulumi";
import { exceptionPrefix } from "./labels.ts";

/** A rule that an object may break for a time (X09). */
export interface Exception {
  /** Why, for whoever reads the finding. */
  readonly reason: string;
  /** The last day: `YYYY-MM-DD`, at most as far away as the rules allow. */
  readonly until: string;
  /** Kind of the object that the rule judges: `Service` for one about the Service in front. @default the controller */
  readonly on?: string;
}

/**
 * Exceptions of a component by the rule's id, such as `X01-read-only-root`. An id that no rule has is refused by the
 * rules themselves.
 */
export type Exceptions = Readonly<Record<string, Exception>>;

/** For the arguments of whatever makes objects. */
export interface Excepted {
  /** Rules that its objects may break for a time. An annotation of the pods would except from nothing. @default none */
  readonly exceptions?: Exceptions | undefined;
}

/** The annotations of an object that is excepted from a rule; none without one. */
export interface Annotated {
  readonly annotations?: Record<string, string>;
}

/**
 * The annotations that carry a component's exceptions to its objects, by the kind of the object. `kinds` are those that
 * it makes, its controller first. Throws a
 * `RunError` for an exception that none of them would carry, and for one without a reason or a last day.
 */
export function exceptionsFor(
  name: string,
  { exceptions = {} }: Excepted,
  kinds: readonly [string, ...string[]],
): (kind: string) => Annotated {
  const problems = Object.entries(exceptions).flatMap(([rule, { reason, until, on = kinds[0] }]) => [
    ...(kinds.includes(on)
      ? []
      : [`${rule} stands on ${on}, of which it makes none: on is one of ${kinds.join(", ")}`]),
    ...(/\p{L}{2}/u.test(reason) ? [] : [`${rule} gives no reason`]),
    ...(/^\d{4}-\d{2}-\d{2}$/.test(until) ? [] : [`${rule} ends on "${until}": write a day as YYYY-MM-DD`]),
  ]);
  if (problems.length > 0) throw new pulumi.RunError(`exceptions of ${name}: ${problems.join("; ")}`);
  return (kind) => {
    const own = Object.entries(exceptions).filter(([, { on = kinds[0] }]) => on === kind);
    return own.length === 0
      ? {}
      : {
          annotations: Object.fromEntries(
            own.map(([rule, { reason, until }]) => [`${exceptionPrefix}${rule}`, `${reason}; until=${until}`]),
          ),
        };
  };
}
