import test from "ava";
import { withoutPulumisTraces } from "../../../patches/stack-traces.ts";
import { declaredBy } from "../../../scripts/support/declared-objects.ts";

test.serial("a program that throws is shown where, and by the line of its source", async (t) => {
  let stack: string | undefined;
  await t.throwsAsync(
    declaredBy(() => {
      const error = new Error("no such system");
      ({ stack } = error); // read while the program runs, as its runner does
      throw error;
    }, {}),
    { message: "no such system" },
  );
  t.regex(stack ?? "", /^Error: no such system\n {4}at .*stack-traces\.test\.ts:9:/);
});

test.serial("traces that Pulumi takes for itself are empty, and afterwards traces are as they were", (t) => {
  const before = Error.prepareStackTrace;
  const restore = withoutPulumisTraces();
  const frame = (file: string) => ({ getFileName: () => file, toString: () => file }) as NodeJS.CallSite;
  const pulumis = frame("/shop/node_modules/@pulumi/pulumi/resource.js");
  try {
    t.is(Error.prepareStackTrace?.(new Error(), [pulumis]), "");
    t.is(
      Error.prepareStackTrace?.(new Error("refused"), [pulumis]),
      "Error: refused\n    at /shop/node_modules/@pulumi/pulumi/resource.js",
    );
    t.is(Error.prepareStackTrace?.(new Error(), [frame("/shop/index.ts")]), "Error\n    at /shop/index.ts");
  } finally {
    restore();
  }
  t.is(Error.prepareStackTrace, before);
});
