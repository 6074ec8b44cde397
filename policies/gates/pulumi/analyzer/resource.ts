import { createRequire } from "node:module";
import { BinaryReader } from "google-protobuf";
import type { PulumiResource } from "../../../model/kubernetes-object.ts";

// Of the policy SDK, the one file that needs no other: loading the whole takes longer than all verdicts.
const { unknownCheckingProxy } = createRequire(import.meta.url)("@pulumi/policy/proxy.js") as {
  unknownCheckingProxy<T>(props: T): T;
};

/** The key that marks a value as more than an object, and its value for a secret. */
const signature = "4dabf18193072939515e22adb298388d";
const secret = "1b47061264138c4ac30d75fd1eb44270";

/**
 * Reads a resource of the engine: an `AnalyzeRequest`, or an `AnalyzerResource` of a stack. Its properties are made
 * when they are first asked for.
 */
export function readResource(bytes: Uint8Array): PulumiResource {
  const reader = new BinaryReader(bytes);
  const texts: Record<number, string> = {};
  let sent: Uint8Array = new Uint8Array();
  while (reader.nextField()) {
    const field = reader.getFieldNumber();
    if (field === 2) sent = reader.readBytes();
    else if (field === 1 || field === 3 || field === 4) texts[field] = reader.readString();
    else reader.skipField();
  }
  let props: Record<string, unknown> | undefined;
  return {
    type: texts[1] ?? "",
    urn: texts[3] ?? "",
    name: texts[4] ?? "",
    get props() {
      return (props ??= unknownCheckingProxy(struct(new BinaryReader(sent))));
    },
  };
}

/** Reads all resources of an `AnalyzeStackRequest`. */
export function readResources(bytes: Uint8Array): readonly PulumiResource[] {
  return eachField(new BinaryReader(bytes), (_field, reader) => readResource(reader.readBytes()));
}

/** A `google.protobuf.Struct` as an object, with the values of secrets in their places. */
function struct(reader: BinaryReader): Record<string, unknown> {
  const entries = eachField(reader, (_field, map) =>
    nested(map, (entry) => {
      let [key, made]: [string, unknown] = ["", null];
      eachField(entry, (field, of) => (field === 1 ? (key = of.readString()) : (made = nested(of, value))));
      return [key, made] as const;
    }),
  );
  return Object.fromEntries(entries);
}

function value(reader: BinaryReader): unknown {
  return (
    eachField(reader, (field, of) => {
      switch (field) {
        case 2:
          return of.readDouble();
        case 3:
          return of.readString();
        case 4:
          return of.readBool();
        case 5:
          return plain(nested(of, struct));
        case 6:
          return nested(of, (list) => eachField(list, (_field, item) => nested(item, value)));
        default:
          of.skipField();
          return null;
      }
    }).at(-1) ?? null
  );
}

const plain = (made: Record<string, unknown>): unknown => (made[signature] === secret ? made["value"] : made);

function eachField<Made>(reader: BinaryReader, read: (field: number, reader: BinaryReader) => Made): Made[] {
  const made: Made[] = [];
  while (reader.nextField()) made.push(read(reader.getFieldNumber(), reader));
  return made;
}

/** What stands in the message of the current field. */
function nested<Made>(reader: BinaryReader, read: (reader: BinaryReader) => Made): Made {
  let made: Made | undefined;
  reader.readMessage({} as never, () => {
    made = read(reader);
  });
  return made as Made;
}
