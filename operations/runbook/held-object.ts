import { isDeepStrictEqual } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";
import type { V1ManagedFieldsEntry, V1ObjectMeta } from "@kubernetes/client-node";
import { hasStatus } from "../api-answer.ts";
import { fieldManager } from "./suspended-by.ts";

/** On an object that is held: what it was like before, by what holds it. It is written with the change or not at all. */
const heldBy = {
  maintenance: "production-platform/before-maintenance",
  scale: "production-platform/before-scale",
  suspend: "production-platform/before-suspend",
} as const;
type Holder = keyof typeof heldBy;

/** A part of an object, field by field; `null` is a field that is not there. */
export interface Part {
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly annotations?: Readonly<Record<string, string | null>>;
}

/** What an object was like before. */
export interface Note {
  readonly run: string;
  readonly since: string;
  readonly was: Part;
  /** Who owned the fields of the spec: a field that changes hands is the stack's no longer. */
  readonly owners: readonly { readonly manager: string; readonly operation: string; readonly field: string }[];
}

/** An object that can be held, whatever its kind. */
export interface Holdable {
  readonly kind: string;
  readonly name: string;
  readonly metadata: V1ObjectMeta;
  readonly spec: Readonly<Record<string, unknown>>;
  /** Reads it anew. */
  again(): Promise<Holdable>;
  /** A merge patch, refused where its `resourceVersion` is not that of the object. */
  patch(body: object): Promise<unknown>;
}

export function noteOf(metadata: V1ObjectMeta | undefined, holder: Holder): Note | undefined {
  const text = metadata?.annotations?.[heldBy[holder]];
  return text === undefined ? undefined : (JSON.parse(text) as Note);
}

/**
 * Changes an object for a while, and remembers on it what it was. Of one that is held already it remembers the first form,
 * and changes what somebody else has put back since.
 */
export async function hold(object: Holdable, holder: Holder, change: Part, run: string, now: Date): Promise<void> {
  const fields = Object.keys(change.spec ?? {});
  await onNewest(object, async ({ metadata, spec }) => {
    const noted = noteOf(metadata, holder);
    if (noted && fields.every((field) => isDeepStrictEqual(spec[field], change.spec![field]))) return;
    const note: Note = noted ?? {
      run,
      since: `${now.toISOString().slice(0, 19)}Z`,
      was: {
        spec: Object.fromEntries(fields.map((field) => [field, spec[field] ?? null])),
        annotations: Object.fromEntries(
          Object.keys(change.annotations ?? {}).map((name) => [name, metadata.annotations?.[name] ?? null]),
        ),
      },
      owners: fields.flatMap((field) =>
        (metadata.managedFields ?? [])
          .filter((entry) => entry.manager !== fieldManager && owns(entry, field))
          .map(({ manager = "", operation = "" }) => ({ manager, operation, field })),
      ),
    };
    await object.patch({
      metadata: {
        resourceVersion: metadata.resourceVersion,
        annotations: { ...change.annotations, [heldBy[holder]]: JSON.stringify(note) },
      },
      ...(change.spec && { spec: change.spec }),
    });
  });
}

/**
 * Puts an object back, then its fields into the hands that they were in, so that the stack may change them again. The
 * note goes last: one that was cut short is done again.
 */
export async function release(object: Holdable, holder: Holder): Promise<void> {
  await onNewest(object, async ({ metadata }) => {
    const { was } = noteOf(metadata, holder) ?? {};
    if (was === undefined) return;
    await object.patch({
      metadata: { resourceVersion: metadata.resourceVersion, annotations: was.annotations ?? {} },
      spec: was.spec ?? {},
    });
  });
  await onNewest(object, async ({ metadata }) => {
    const note = noteOf(metadata, holder);
    if (note === undefined) return;
    await object.patch({
      metadata: {
        resourceVersion: metadata.resourceVersion,
        annotations: { [heldBy[holder]]: null },
        managedFields: returned(metadata.managedFields ?? [], note.owners),
      },
    });
  });
}

/** A controller writes the status of what it starts again and again meanwhile. */
const attempts = 20;

/** Changes an object as it is now, and once more as it is then where somebody has written it between. */
async function onNewest(object: Holdable, change: (now: Holdable) => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await change(await object.again());
    } catch (error) {
      if (!hasStatus(error, 409) || attempt === attempts) throw error;
      await sleep(50);
    }
  }
}

const specOf = ({ fieldsV1 }: V1ManagedFieldsEntry): Record<string, object> =>
  (fieldsV1 as Record<string, Record<string, object>> | undefined)?.["f:spec"] ?? {};
const owns = (entry: V1ManagedFieldsEntry, field: string): boolean => `f:${field}` in specOf(entry);

function returned(entries: readonly V1ManagedFieldsEntry[], owners: Note["owners"]): V1ManagedFieldsEntry[] {
  return entries
    .filter(({ manager, subresource }) => manager !== fieldManager || subresource === "status")
    .map((entry) => {
      const own = owners.filter(
        ({ manager, operation }) => manager === entry.manager && operation === entry.operation && !entry.subresource,
      );
      if (own.length === 0) return entry;
      const fields = Object.fromEntries(own.map(({ field }) => [`f:${field}`, {}]));
      return { ...entry, fieldsV1: { ...entry.fieldsV1, "f:spec": { ...specOf(entry), ...fields } } };
    });
}
