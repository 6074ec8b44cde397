import { ensureToolchain, pulumiEnvironment } from "../../cluster/toolchain.ts";
import { checkout, stateFolder } from "./checkout.ts";
import { forgetCluster, forgottenFolder } from "./cluster-record.ts";
import { engineRecord, engineStacks, keepEngineRecord } from "./engine-record.ts";
import { projectFolder, pulumi, releaseStaleLocks } from "./pulumi.ts";
import { refuseLeft } from "./refusals.ts";

/**
 * Forgets a stack: the engine's record of it, then its cluster. Throws where resources are left, unless its objects are
 * known to be gone with
 * their cluster: a copy of the engine's record is kept then.
 */
export async function forgetStack(
  stack: string,
  { objectsAreGone }: { readonly objectsAreGone: boolean },
): Promise<void> {
  const { resources } = engineRecord(stack);
  if (!objectsAreGone) refuseLeft(stack, resources);
  if (engineStacks().includes(stack)) {
    await ensureToolchain({ parts: "pulumi" });
    const workspace = { folder: projectFolder(stateFolder, stack), env: pulumiEnvironment(checkout) };
    await releaseStaleLocks(stack, workspace);
    const force = resources.length > 0;
    if (force)
      console.log(`the engine's record of stack ${stack} is kept as ${keepEngineRecord(stack, forgottenFolder)}`);
    const { code } = await pulumi(["stack", "rm", stack, "--yes", ...(force ? ["--force"] : [])], workspace, {
      capture: true,
    });
    if (code !== 0)
      throw new Error(
        `the engine's record of stack ${stack} could not be removed (exit ${code}): the reason stands above`,
      );
  }
  forgetCluster(stack);
}
