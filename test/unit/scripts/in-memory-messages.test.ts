import test from "ava";
import * as pulumi from "@pulumi/pulumi";
import { inMemoryMessages } from "../../../scripts/support/in-memory-messages.ts";

class Anything extends pulumi.CustomResource {
  declare readonly list: pulumi.Output<unknown>;
  declare readonly given: pulumi.Output<unknown>;
  constructor(name: string, inputs: pulumi.Inputs) {
    super("test:index:Anything", name, { ...inputs, given: undefined });
  }
}

/** All that resources which use each other hand over, and what one gets back. */
async function run(): Promise<unknown> {
  const handedOver: unknown[] = [];
  await pulumi.runtime.setMocks({ newResource: ({ inputs, name }) => (handedOver.push(inputs), { id: name, state: { ...inputs, given: [{ by: "the mock" }] } }), call: ({ inputs }) => inputs }, "project", "stack", true);
  const first = new Anything("first", { list: [{ deep: { deeper: ["text", 1.5, true, null] } }, undefined], secret: pulumi.secret("hidden"), nothing: null, left: undefined, date: { "": 0 } });
  const second = new Anything("second", { list: first.list, secret: first.given, urn: first.urn, whole: first, text: pulumi.interpolate`id ${first.id}` });
  const back = await new Promise((resolve) => pulumi.all([second.list, second.given]).apply(resolve));
  await pulumi.runtime.disconnect();
  return { handedOver, back };
}

test.serial("resources under mocks say and get the same with messages in memory, and afterwards Pulumi is as it was", async (t) => {
  const built = await run();
  const restore = inMemoryMessages();
  const inMemory = await run();
  restore();
  t.deepEqual(inMemory, built);
  t.deepEqual((built as { back: unknown }).back, [[{ deep: { deeper: ["text", 1.5, true, null] } }, null], [{ by: "the mock" }]]);
  t.deepEqual(await run(), built);
});
