import { createRequire } from "node:module";
import { stepAside } from "./step-aside.ts";

interface Message {
  new (): { toJavaScript: () => unknown };
  fromJavaScript: (value: unknown) => unknown;
}

interface Debuggable {
  debuggablePromise: <T>(promise: Promise<T>, context: string) => Promise<T>;
}

/** Loads a module as Pulumi's SDK would. */
const ofPulumi = (): NodeJS.Require => createRequire(createRequire(import.meta.url).resolve("@pulumi/pulumi"));

/**
 * Makes Pulumi's mocks half as dear, and returns what puts things back. Mocks send nothing, but Pulumi turns all that a
 * resource says into a message and back, twice, in a time that grows with the square of its depth; and it takes a stack
 * trace of every promise, to name those that never end. An SDK without these two functions is left as it is.
 */
export function inMemoryMessages(load: (module: string) => unknown = ofPulumi()): () => void {
  let Struct: Message, debuggable: Debuggable;
  try {
    ({ Struct } = load("google-protobuf/google/protobuf/struct_pb.js") as { Struct: Message });
    debuggable = load("@pulumi/pulumi/runtime/debuggable.js") as Debuggable;
  } catch (error) {
    return stepAside("in-memory-messages", (error as Error).message.split("\n")[0]!);
  }
  const { fromJavaScript } = Struct ?? {};
  const { debuggablePromise } = debuggable;
  if (typeof fromJavaScript !== "function" || typeof debuggablePromise !== "function")
    return stepAside("in-memory-messages", "Pulumi's SDK has no Struct.fromJavaScript() or no debuggablePromise()");
  Struct.fromJavaScript = (value) => Object.assign(new Struct(), { toJavaScript: () => value });
  debuggable.debuggablePromise = (promise) => promise;
  return () => {
    Struct.fromJavaScript = fromJavaScript;
    debuggable.debuggablePromise = debuggablePromise;
  };
}
