import test from "ava";
import { deployedBy } from "../../support/listed-systems.ts";
import { stackVariant } from "../../support/stack-variant.ts";
import { namespaceOf, ofSystem, type SystemName, systemNamespaces } from "../systems/support/system.ts";
import { differing, title } from "./support/differing.ts";

const systems = Object.keys(systemNamespaces) as SystemName[];
const together = { dev: await stackVariant("dev"), prod: await stackVariant("prod") };

for (const stack of ["dev", "prod"] as const) {
  for (const name of deployedBy(stack)) {
    test(`${stack}: ${name} alone declares exactly what it declares beside the others, to the last value (X10)`, async (t) => {
      const alone = await stackVariant(stack, { systems: [name] });
      const beside = ofSystem(together[stack], name);
      t.deepEqual(differing(alone.objects, beside.objects), []);
      t.deepEqual(differing(alone.objects, beside.objects.slice(1)), [title(beside.objects[0]!)]);
      t.deepEqual(alone.targets, beside.targets);
      t.deepEqual(
        alone.targets.map(({ namespace }) => namespace),
        [systemNamespaces[name][0]],
      );
    });
  }
}

test("only EDI has an object outside its own namespace: Velero's schedule, where Velero is (E11)", (t) => {
  const outside = (stack: keyof typeof together) =>
    together[stack].objects
      .filter((object) => !systems.some((name) => systemNamespaces[name][0] === namespaceOf(object)))
      .map(title);
  t.deepEqual([outside("dev"), outside("prod")], [[], ["velero/Schedule/bots-edi-backup"]]);
});

test("systems publish a target each, in the order that the stack names them", async (t) => {
  for (const stack of ["dev", "prod"] as const)
    t.deepEqual(
      together[stack].targets.map(({ system }) => system),
      deployedBy(stack),
    );
  const { targets } = await stackVariant("prod", { systems: ["techbra-ecommerce", "platform-service"] });
  t.deepEqual(
    targets.map(({ system }) => system),
    ["techbra-ecommerce", "platform-service"],
  );
});

test("a stack that names an unknown system, or one twice, declares nothing", async (t) => {
  await t.throwsAsync(stackVariant("prod", { systems: ["platform"] }), {
    message: /^ {2}systems\[0\]: Invalid option: expected one of .*\(is "platform"\)$/m,
  });
  await t.throwsAsync(stackVariant("prod", { systems: ["bots-edi", "bots-edi"] }), {
    message: /^ {2}systems: a system is named twice/m,
  });
});
