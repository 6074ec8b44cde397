import type * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import type { Quota } from "../capabilities/guarded-namespace.ts";
import type { SystemState } from "../changes/declared.ts";
import type { SystemNetwork } from "./secured-namespace.ts";
import type { SystemContext, Target } from "./target.ts";

/** What the settings of every system have. */
export interface SystemSettings {
  /**
   * Where its programs come from: the contract server, or images, which stand beside `source` under the names of the
   * programs.
   */
  readonly applications: { readonly source: "contract-server" | "images" };
  readonly quota: Quota;
}

/** A public host with a certificate, and the path of its setting below the system's name. */
export interface CertifiedHost {
  readonly path: readonly string[];
  readonly host: string;
}

/** What the rest of the program knows of a system. */
export interface System<Settings extends SystemSettings = SystemSettings, Shape = z.ZodType<Settings>> {
  readonly namespace: string;
  /** Namespaces that it declares objects in beside its own. @default none */
  readonly otherNamespaces?: readonly string[];
  /** Its part of a stack's configuration, with every default. */
  readonly settings: Shape;
  /** Who talks to whom in its namespace. */
  network(settings: Settings, context: SystemContext): SystemNetwork;
  /** What a running cluster is asked about before the system is declared. */
  state(settings: Settings, context: SystemContext): SystemState;
  /** Its hosts that need a certificate. @default it has none */
  certifiedHosts?(settings: Settings): readonly CertifiedHost[];
  /** Declares it, and returns what operations need to know. */
  create(settings: Settings, context: SystemContext, options: pulumi.ComponentResourceOptions): Target;
}

/** A system of the list, with its settings' own type. */
export const defineSystem = <Shape extends z.ZodType<SystemSettings>>(definition: System<z.output<Shape>, Shape>) =>
  definition;
