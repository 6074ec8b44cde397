/** A resource in an event, before or after its step. Inputs are as the engine's record has them, secrets blinded. */
export interface EventState {
  readonly custom?: boolean;
  readonly inputs?: Readonly<Record<string, unknown>>;
}

/** What the engine does with a resource. */
export interface Step {
  /** `create`, `update`, `same`, `delete`, `replace`, `create-replacement`, `delete-replaced`, `read`, ... */
  readonly op: string;
  readonly urn: string;
  readonly type: string;
  readonly old?: EventState | null;
  readonly new?: EventState | null;
}

export interface Diagnostic {
  readonly urn?: string;
  readonly severity: string;
  readonly message: string;
  /** Said while a step runs, and replaced by what comes next. */
  readonly ephemeral?: boolean;
}

export interface PolicyEvent {
  readonly policyName: string;
  readonly resourceUrn?: string;
  readonly message: string;
  readonly enforcementLevel: string;
}

/** One line of the engine's event log, as far as it is read here. */
export interface EngineEvent {
  /** Seconds since 1970. */
  readonly timestamp?: number;
  readonly preludeEvent?: object;
  readonly policyEvent?: PolicyEvent;
  readonly resourcePreEvent?: { readonly metadata: Step; readonly planning?: boolean };
  readonly resOutputsEvent?: { readonly metadata: Step; readonly planning?: boolean };
  readonly resOpFailedEvent?: { readonly metadata: Step };
  readonly diagnosticEvent?: Diagnostic;
  readonly summaryEvent?: {
    readonly resourceChanges?: Readonly<Record<string, number>>;
    readonly isPreview?: boolean;
    readonly durationSeconds?: number;
  };
}

/** The events of a whole log. Throws where its last line is cut. */
export const eventsIn = (log: string): EngineEvent[] =>
  log
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as EngineEvent);

/** A message without the marks of colours, which Pulumi writes as `<{%...%}>`. */
export const plain = (text: string): string => text.replace(/<\{%[^%]*%\}>/g, "").trim();

/** Parts of a URN: the types of its parents and its own, outermost first, and its name. */
export function partsOf(urn: string): { readonly types: readonly string[]; readonly name: string } {
  const [, , types = "", ...name] = urn.split("::");
  return { types: types.split("$"), name: name.join("::") };
}

const systemType = "platform:system:";

/**
 * The system that a resource is part of: `bgc-platform` below a `platform:system:BgcPlatform`; `undefined` for what is
 * the stack's own.
 */
export function systemOf(urn: string): string | undefined {
  const type = partsOf(urn).types.find((each) => each.startsWith(systemType));
  return type
    ?.slice(systemType.length)
    .replace(/(?<=.)[A-Z]/g, (letter) => `-${letter}`)
    .toLowerCase();
}

/** A resource as a person names it: `Deployment bgc-api`. */
export const titleOf = (urn: string): string => `${partsOf(urn).types.at(-1)!.split(":").at(-1)} ${partsOf(urn).name}`;

/** What Kubernetes calls an object, as far as its inputs say it. */
export interface ObjectName {
  readonly kind?: string;
  readonly namespace?: string;
  readonly name?: string;
}

/**
 * Reads an object's name from its inputs; what is not a text there, such as a value that is not known yet, is left out.
 */
export function objectName(inputs: EventState["inputs"] = {}): ObjectName {
  const { kind, metadata } = inputs as { kind?: unknown; metadata?: { name?: unknown; namespace?: unknown } };
  return Object.fromEntries(
    Object.entries({ kind, namespace: metadata?.namespace, name: metadata?.name }).filter(
      ([, text]) => typeof text === "string",
    ),
  );
}

/** `Deployment data/bgc-api`, or `Namespace data`. */
export const objectTitle = (kind: string, namespace: string | undefined, name: string): string =>
  `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
