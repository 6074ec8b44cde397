import type { KubeConfig } from "@kubernetes/client-node";
import type { Target } from "../../components/systems/target.ts";
import type { ExecIn } from "./exec.ts";
import type { Fact } from "./fact.ts";

/** A right that a verb needs in the namespace of its system. */
export interface Right {
  /** API group; empty for the core. */
  readonly group: string;
  /** Plural name, with its subresource: `cronjobs/status`. */
  readonly resource: string;
  readonly verbs: readonly string[];
}

/** Where a verb works, and for how long. */
export interface Scope {
  readonly kubeConfig: KubeConfig;
  readonly context: string;
  readonly stack: string;
  /** Whether the node is simulated, where no container runs. */
  readonly simulated: boolean;
  /** Says what is waited for; the same text twice is said once. */
  readonly progress: (text: string) => void;
  /** Aborted when a person wants to stop. */
  readonly signal: AbortSignal;
  /** Runs a command of seconds in a container. */
  readonly exec: ExecIn;
  /** Milliseconds between two looks. */
  readonly interval: number;
  /** Milliseconds that a reading verb gives a state to settle. */
  readonly patience: number;
  readonly now: () => Date;
}

/** What a person wrote behind the verb and the system. */
export interface Input {
  /** Id of this run: a plan that is made twice names the same objects. */
  readonly run: string;
  readonly names: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
}

interface VerbText {
  readonly name: string;
  /** One sentence for --help and the documentation. */
  readonly summary: string;
  /** Arguments behind the system, as commander writes them: `[store]`, `<job>`. */
  readonly names: readonly { readonly form: string; readonly description: string }[];
  readonly options: readonly { readonly flags: string; readonly description: string; readonly default?: string }[];
  /** What it needs in each namespace. */
  readonly rights: readonly Right[];
  /** What it needs beyond that for one system. */
  readonly more?: (target: Target) => readonly Right[];
  /** What it reads beyond namespaces. @default nothing */
  readonly clusterRights?: readonly Right[];
  readonly examples: readonly string[];
}

/** A verb that changes nothing, for one system or all of them. */
export interface ReadingVerb extends VerbText {
  readonly kind: "reads";
  look(target: Target, scope: Scope, input: Input): Promise<Report>;
}

/** A verb that changes something of one system. One that disturbs stops or restarts what serves, and asks first. */
export interface ActingVerb extends VerbText {
  readonly kind: "acts" | "disturbs";
  plan(target: Target, scope: Scope, input: Input): Promise<Plan>;
}

/** A verb that asks no cluster. */
export interface PrintingVerb extends VerbText {
  readonly kind: "prints";
  print(input: Input): string;
}

export type Verb = ReadingVerb | ActingVerb | PrintingVerb;

/** What a reading verb saw of a system. */
export interface Report {
  readonly facts: readonly Fact[];
  /** What is more than a fact, as a person reads it. */
  readonly lines?: readonly string[];
  /** A text of its own form that a person reads in place of facts and lines. */
  readonly page?: string;
  /** The same for programs. */
  readonly data?: unknown;
}

/** What would be done. Making a plan changes nothing. */
export interface Plan {
  readonly changes: readonly { readonly object: string; readonly from: string; readonly to: string }[];
  /** What speaks against it, all at once. */
  readonly problems: readonly string[];
  /** What evidence keeps of the time before. */
  readonly before?: Readonly<Record<string, unknown>>;
  readonly steps: readonly Step[];
  /** Whether it is done, asked of the cluster after the last step. */
  prove(): Promise<readonly Fact[]>;
  /** What came of it, in numbers: evidence keeps it for whoever reads it later. */
  readonly result?: () => Readonly<Record<string, unknown>> | undefined;
  /** Puts back what was meant for the moment, where it ended halfway; says what that was and what failed, and never throws. */
  putBack?(): Promise<string>;
  /** What a person does where it ended halfway. */
  readonly goOn: string;
}

/** One act and the wait for what comes of it. */
export interface Step {
  readonly name: string;
  /** Returns what came of it. */
  run(scope: Scope): Promise<string>;
}
