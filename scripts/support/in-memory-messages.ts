import { createRequire } from "node:module";

const ofPulumi = createRequire(createRequire(import.meta.url).resolve("@pulumi/pulumi"));
const { Struct } = ofPulumi("google-protobuf/google/protobuf/struct_pb.js") as { Struct: StructType };
const debuggable = ofPulumi("@pulumi/pulumi/runtime/debuggable.js") as {
  debuggablePromise: <T>(promise: Promise<T>, context: string) => Promise<T>;
};

interface StructType {
  new (): { toJavaScript: () => unknown };
  fromJavaScript: (value: unknown) => unknown;
}

/**
 * Makes Pulumi's mocks half as dear, and returns what puts things back. Mocks send nothing, but Pulumi turns all that a
 * resource says into a message
 * and back, twice, in a time that grows with the square of its depth; and it takes a stack trace of every promise, to
 * name those that never end.
 */
export function inMemoryMessages(): () => void {
  const { fromJavaScript } = Struct;
  const { debuggablePromise } = debuggable;
  Struct.fromJavaScript = (value) => Object.assign(new Struct(), { toJavaScript: () => value });
  debuggable.debuggablePromise = (promise) => promise;
  return () => {
    Struct.fromJavaScript = fromJavaScript;
    debuggable.debuggablePromise = debuggablePromise;
  };
}
