import test from "ava";
import { foreignNamespaces, removedSystems } from "../../../components/changes/namespaces.ts";

const systems = { "bots-edi": "edi", "techbra-ecommerce": "shop" };

test("a system with kept data is not forgotten, and another stack's, an unguarded and a deployed one are not asked about", (t) => {
  const removed = (declared: readonly string[], stack: string | undefined, retained: boolean, retainData = true) =>
    removedSystems("dev", retainData, systems, declared, { namespaces: [{ name: "edi", stack, retained }] });
  const refused = (why: string) => [
    `systems: does not name bots-edi, and its namespace edi is there with data that ${why}. Name bots-edi again, or remove it with its data: docs/day-two.md has the steps, under "Remove a system"`,
  ];
  t.deepEqual(removed(["techbra-ecommerce"], "dev", true), refused("retainData keeps"));
  t.deepEqual(
    removed(["techbra-ecommerce"], "dev", true, false),
    refused("the last update kept, as retainData was true"),
  );
  for (const [declared, stack, retained] of [
    [["bots-edi"], "dev", true],
    [[], "prod", true],
    [[], undefined, false],
    [[], "dev", false],
  ] as const)
    t.deepEqual(removed(declared, stack, retained), []);
});

test("a namespace of another stack, or of nobody, is not taken over; the stack's own and those of other systems are not asked about", (t) => {
  const foreign = (name: string, stack: string | undefined) =>
    foreignNamespaces("prod", systems, ["bots-edi"], { namespaces: [{ name, stack, retained: true }] });
  const refused = (owner: string) => [
    `systems: names bots-edi, and its namespace edi is there already: ${owner}. An update would take over what is in it. Bring prod up on another cluster, or hand the namespace over: kubectl annotate namespace edi --overwrite production-platform/stack=prod`,
  ];
  t.deepEqual(foreign("edi", "dev"), refused("stack dev has made it"));
  t.deepEqual(foreign("edi", undefined), refused("no stack has made it"));
  t.deepEqual(foreign("edi", "prod"), []);
  t.deepEqual(foreign("shop", "dev"), []);
});
