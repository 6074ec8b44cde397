import { resolve } from "node:path";
import { stringify } from "yaml";
import { fromManifest } from "../policies/model/kubernetes-object.ts";
import { strayOverrides } from "../policies/engine/stray-overrides.ts";
import { checkout } from "./support/checkout.ts";
import { npmCommand } from "./support/command.ts";
import { declaredResources, type Manifest, manifests } from "./support/declared-objects.ts";
import { ForeignFolder, refuseForeign, writeGenerated } from "./support/generated-folder.ts";
import { policySettings } from "./support/policy-settings.ts";
import { stackConfiguration } from "./support/stack-configuration.ts";

const program = npmCommand("render")
  .option("--stack <name>", "stack to render: the file Pulumi.<name>.yaml", "dev")
  .requiredOption("--out <dir>", "folder to write to: new, empty, or one that this command wrote")
  .addHelpText(
    "after",
    "\nExample: npm run render -- --stack prod --out rendered\nGenerated passwords are not written: Secrets of this kind are rendered without data.",
  )
  .parse();
const { stack, out } = program.opts<{ stack: string; out: string }>();
const folder = resolve(process.env["INIT_CWD"] ?? checkout, out);
const marker = ".rendered";
/**
 * kubectl and most scanners still read YAML 1.1, where an unquoted "no" is false. Keys are sorted, so that moving a
 * field in the program changes no file.
 */
const yaml = { version: "1.1", aliasDuplicateObjects: false, sortMapEntries: true } as const;

/** One file name per object: namespace, kind and name. */
const fileName = ({ kind, metadata }: Manifest) =>
  `${[metadata.namespace, kind.toLowerCase(), metadata.name].filter(Boolean).join("_")}.yaml`;

try {
  refuseForeign(folder, marker);
  const configuration = stackConfiguration(stack);
  const policies = policySettings(configuration);
  const objects = manifests(await declaredResources(configuration, stack));
  const strays = strayOverrides(
    policies,
    objects.flatMap((object) => fromManifest(object)),
  );
  if (strays.length > 0) throw new Error(strays.join("\n"));
  writeGenerated(
    folder,
    marker,
    new Map([...objects.map((object) => [fileName(object), stringify(object, yaml)] as const), [marker, `${stack}\n`]]),
  );
  const generated = objects
    .filter((object) => object.kind === "Secret")
    .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  console.log(`${objects.length} objects of stack ${stack} written to ${folder}`);
  if (generated.length > 0)
    console.log(`without data, because their values are generated on deployment: Secrets ${generated.join(", ")}`);
} catch (error) {
  if (error instanceof ForeignFolder) program.error(error.message, { exitCode: 2 });
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
