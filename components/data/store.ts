import type * as pulumi from "@pulumi/pulumi";
import type { Endpoint, Flow, Outsider } from "../capabilities/network-flows.ts";
import type { Part } from "../changes/declared.ts";
import type { DataStoreKind } from "../workload/labels.ts";
import type { Client } from "./client.ts";

/** A controller that a stack runs, by which operations wait for it. */
export interface StartedWorkload {
  readonly kind: "Deployment" | "StatefulSet";
  readonly name: string;
  /** How many pods it has at least. */
  readonly replicas: number;
}

/** Where operations find a store. */
export interface StoreLocation {
  readonly kind: DataStoreKind;
  readonly name: string;
  readonly service: string;
  readonly port: number;
  readonly database?: string;
  readonly user?: string;
  /** The CronJob that copies and verifies its data. @default the stack makes no copies of it */
  readonly backup?: string;
}

/** The verified backup that a stack makes of a store. */
export interface StoreBackup {
  /** Makes the first copy once the store and `after` are there. An update ends behind it. @default [] */
  first(after?: readonly pulumi.Resource[]): void;
}

/** A store that programs can use. Every engine of every product hands out the same. */
export interface DataStore {
  /** What a program needs to log in. */
  readonly client: Client;
  /** What must be there before a client can log in. */
  readonly ready: readonly pulumi.Resource[];
  /** The controllers that the stack runs for it. Empty where an operator or somebody else runs the servers. */
  readonly workloads: readonly StartedWorkload[];
  readonly location: StoreLocation;
  /** @default an operator, the server's owner or nobody makes copies */
  readonly backup?: StoreBackup | undefined;
}

/** Who opens connections around a store (X05). */
export interface StoreNetwork {
  /**
   * How a client reaches the store, wherever its engine has it: an app of the system by its name, or pods of another
   * namespace.
   */
  flowFrom(client: string | Outsider): Flow;
  /** What the store's own servers, jobs and operator open. */
  readonly flows: readonly Flow[];
  /** Labels of its pods that are not `{ app: <name> }`, by the name that flows use. */
  readonly selectors?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Its apps that open no connection and ask for names all the same. */
  readonly resolving?: readonly string[];
}

/** What a running cluster is asked about before the store is declared; a namespace is the system's. */
export interface StoreState {
  readonly volumes: readonly Part<"volume">[];
  /** Who runs it, where it has data that another engine could lose. */
  readonly store?: Part<"store">;
  readonly kafka?: Part<"kafka">;
}

/** A store as its settings describe it: what policies and changes need is known before the first object is declared. */
export interface StorePlan<Store extends DataStore = DataStore> {
  readonly network: StoreNetwork;
  readonly state: StoreState;
  declare(options: pulumi.ComponentResourceOptions): Store;
}

/** The network of a store that answers at `to`. */
export const storeNetwork = (to: Endpoint, port: number, own: Omit<StoreNetwork, "flowFrom">): StoreNetwork => ({
  ...own,
  flowFrom: (client) => ({ from: typeof client === "string" ? { app: client } : client, to, ports: [port] }),
});

/** What the policies of a namespace need to know of the pods of its stores. */
export const podsOf = (plans: readonly StorePlan[]) => ({
  selectors: Object.assign({}, ...plans.map(({ network }) => network.selectors)) as NonNullable<
    StoreNetwork["selectors"]
  >,
  resolving: plans.flatMap(({ network }) => network.resolving ?? []),
});
