import test from "ava";
import * as pulumi from "@pulumi/pulumi";
import { inMemoryMessages } from "../../../patches/in-memory-messages.ts";

class Anything extends pulumi.CustomResource {
  declare readonly list: pulumi.Output<unknown>;
  declare readonly given: pulumi.Output<unknown>;
  constructor(name: string, inputs: pulumi.Inputs) {
    super("test:index:Anything", name, { ...inputs, given: undefined });
  }
}

/** All that resources which use each other hand over, and what one gets back. */
async function run(): Promise<{ handedOver: Record<string, unknown>[]; back: unknown }> {
  const handedOver: Record<string, unknown>[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ inputs, name }) => (
        handedOver.push(inputs), { id: name, state: { ...inputs, given: [{ by: "the mock" }] } }
      ),
      call: ({ inputs }) => inputs,
    },
    "project",
    "stack",
    true,
  );
  const first = new Anything("first", {
    list: [{ deep: { deeper: ["text", 1.5, true, null] } }, undefined],
    hidden: pulumi.secret("word"),
    nothing: null,
    left: undefined,
    empty: { "": 0 },
  });
  const second = new Anything("second", {
    list: first.list,
    hidden: first.given,
    urn: first.urn,
    whole: first,
    text: pulumi.interpolate`id ${first.id}`,
  });
  const back = await new Promise((resolve) => pulumi.all([second.list, second.given]).apply(resolve));
  await pulumi.runtime.disconnect();
  return { handedOver, back };
}

/** Messages sort the keys of what goes through them. */
const keys = ({ handedOver: [first] }: Awaited<ReturnType<typeof run>>) => Object.keys(first!);

test.serial(
  "resources under mocks say and get the same with messages in memory, and afterwards Pulumi is as it was",
  async (t) => {
    const built = await run();
    const restore = inMemoryMessages();
    const inMemory = await run().finally(restore);
    const again = await run();
    t.deepEqual([inMemory, again], [built, built]);
    t.deepEqual(built.back, [[{ deep: { deeper: ["text", 1.5, true, null] } }, null], [{ by: "the mock" }]]);
    t.deepEqual([built, inMemory, again].map(keys), [
      ["empty", "hidden", "list", "nothing"],
      ["list", "hidden", "nothing", "empty"],
      ["empty", "hidden", "list", "nothing"],
    ]);
  },
);
