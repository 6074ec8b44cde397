import {
  type EngineEvent,
  objectName,
  objectTitle,
  partsOf,
  plain,
  type PolicyEvent,
  type Step,
  systemOf,
  titleOf,
} from "./engine-events.ts";

/** What went wrong with one object, or with the program (`object` is none then). */
export interface Failure {
  readonly object?: {
    readonly title: string;
    readonly system?: string /** The way to look at it, where it is Kubernetes'. */;
    readonly look?: string;
  };
  readonly reasons: readonly string[];
}

/** Collects what went wrong in an update, each reason once. */
export interface Failures {
  see(event: EngineEvent): void;
  list(): readonly Failure[];
  /** What the policies refused. */
  violations(): readonly PolicyEvent[];
}

export function failures(): Failures {
  const reasons = new Map<string, Set<string>>();
  const steps = new Map<string, Step>();
  let refused: PolicyEvent[] = [];
  const add = (urn: string, reason?: string) => {
    const known = reasons.get(urn) ?? new Set<string>();
    reasons.set(urn, reason === undefined ? known : known.add(reason));
  };
  return {
    see: ({ preludeEvent, policyEvent, diagnosticEvent, resourcePreEvent, resOpFailedEvent }) => {
      if (preludeEvent) refused = []; // the update judges anew what its preview judged
      if (policyEvent?.enforcementLevel === "mandatory") refused.push(policyEvent);
      const step = resourcePreEvent?.metadata ?? resOpFailedEvent?.metadata;
      if (step && !steps.has(step.urn)) steps.set(step.urn, step);
      if (resOpFailedEvent) add(resOpFailedEvent.metadata.urn);
      if (diagnosticEvent?.severity === "error")
        add(ofProgram(diagnosticEvent.urn) ? "" : diagnosticEvent.urn!, withoutTrace(plain(diagnosticEvent.message)));
    },
    list: () =>
      [...reasons]
        .map(([urn, said]): Failure => {
          const known = [...said].filter((reason) => !/^(update|preview) failed$/.test(reason));
          const given = known.length > 0 ? known : ["the engine gave no reason"];
          return urn === "" ? { reasons: given } : { object: objectOf(urn, steps.get(urn)), reasons: given };
        })
        .filter(({ object, reasons: [only] }) => object !== undefined || only !== "the engine gave no reason"),
    violations: () => refused,
  };
}

/** Errors of the program belong to no object, or to the stack. */
const ofProgram = (urn: string | undefined): boolean => !urn || partsOf(urn).types.at(-1) === "pulumi:pulumi:Stack";

/** Without the lines of a stack trace: they are in the log. */
const withoutTrace = (text: string): string =>
  text
    .split("\n")
    .filter((line) => !/^\s+at .*(:\d+:\d+\)?|<anonymous>\)?|\(index \d+\))$/.test(line))
    .join("\n")
    .trim();

function objectOf(urn: string, step: Step | undefined): NonNullable<Failure["object"]> {
  const { kind, namespace, name } = objectName((step?.new ?? step?.old)?.inputs);
  const system = systemOf(urn);
  const of = system === undefined ? {} : { system };
  if (kind === undefined || name === undefined) return { title: titleOf(urn), ...of };
  return {
    title: objectTitle(kind, namespace, name),
    ...of,
    look: `kubectl describe ${kind.toLowerCase()}/${name}${namespace === undefined ? "" : ` --namespace=${namespace}`}`,
  };
}

/** A failure in full: the object, its reasons, and where to look next. */
export function failureLines({ object, reasons }: Failure): string[] {
  const said = reasons.flatMap((reason) => reason.split("\n"));
  if (object === undefined) return said;
  return [
    `${object.title}${object.system === undefined ? "" : ` (${object.system})`}`,
    ...said.map((line) => `  ${line}`),
    ...(object.look === undefined ? [] : [`  look: ${object.look}`]),
  ];
}
