import { join } from "node:path";
import { pulumiEnvironment } from "../../cluster/toolchain.ts";
import { checkout } from "./checkout.ts";
import { projectFolder, type Workspace } from "./pulumi.ts";

/**
 * The workspace of a preview that depends on the checkout alone, or on another `tree` of its files, wherever it runs:
 * `folder` is empty, and there is no kubeconfig.
 */
export const checkoutPreviewWorkspace = (folder: string, stack: string, tree = checkout): Workspace => ({
  folder: projectFolder(folder, stack, tree),
  env: {
    ...pulumiEnvironment(checkout),
    PULUMI_BACKEND_URL: `file://${folder}`,
    KUBECONFIG: join(folder, "no-kubeconfig"),
  },
});

/** The arguments of a preview, of one under the policy pack unless told otherwise. */
export const previewArguments = (stack: string, { policies = true } = {}): string[] => [
  "preview",
  "--stack",
  stack,
  ...(policies ? ["--policy-pack", "policies"] : []),
  "--suppress-permalink=true",
];
