import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import type { Earlier, NoEarlier } from "./changed-values.ts";
import { checkout, stateFolder } from "./checkout.ts";
import { checkoutPreviewWorkspace, previewArguments } from "./checkout-preview.ts";
import { recordedResources } from "./engine-record.ts";
import { declaredBy, keyOf, summarize } from "./preview-summary.ts";
import { pulumi, selectStack } from "./pulumi.ts";

/**
 * What a preview is compared with: a commit that is named, or what this checkout's last update of the stack left, or
 * the last commit where
 * the stack was not brought up from here. `folder` is for temporary files.
 */
export async function earlierStack(stack: string, folder: string, commit?: string): Promise<Earlier | NoEarlier> {
  const running = commit === undefined ? recordedResources(stack) : [];
  if (running.length > 0)
    return {
      name: `what stack ${stack} runs`,
      declared: new Map(running.map((resource) => [keyOf(resource.urn), declaredBy({ ...resource, new: resource })])),
    };
  return ofCommit(stack, folder, commit ?? "HEAD");
}

async function ofCommit(stack: string, folder: string, commit: string): Promise<Earlier | NoEarlier> {
  const id = git(["rev-parse", "--short", "--verify", "--quiet", `${commit}^{commit}`]);
  if (id === undefined) {
    if (commit !== "HEAD")
      throw new Error(
        `there is no commit "${commit}" here: name one that "git log" shows, and fetch it where the clone is shallow`,
      );
    return { reason: `the stack was not brought up from here, and ${checkout} has no commit of git` };
  }
  if (commit === "HEAD" && git(["status", "--porcelain"]) === "")
    return { reason: `the stack was not brought up from here, and no file differs from the last commit, ${id}` };
  const name = commit === "HEAD" ? `the last commit, ${id}` : `${commit}, ${id}`;
  const tree = unpacked(folder, commit);
  const workspace = checkoutPreviewWorkspace(mkdtempSync(join(folder, "earlier-")), stack, tree);
  const events = join(workspace.folder, "events.jsonl");
  await selectStack(stack, workspace);
  const { code } = await pulumi(previewArguments(stack, { policies: false }), workspace, {
    capture: true,
    quiet: true,
    events,
  });
  if (code !== 0) return { reason: `the program of ${name} does not run here (exit ${code})` };
  return { name, declared: summarize(readFileSync(events, "utf8"), { stack, seconds: 0, passed: true }).declared };
}

/**
 * The files of a commit, with this checkout's dependencies and bundles; nothing of the checkout's own git folder
 * changes.
 */
function unpacked(folder: string, commit: string): string {
  const tree = join(folder, "tree");
  mkdirSync(join(tree, ".state"), { recursive: true });
  const env = { ...process.env, GIT_INDEX_FILE: join(folder, "index") };
  execFileSync("git", ["read-tree", commit], { cwd: checkout, env });
  execFileSync("git", ["checkout-index", "--all", `--prefix=${tree}/`], { cwd: checkout, env });
  symlinkSync(join(checkout, "node_modules"), join(tree, "node_modules"));
  mkdirSync(join(stateFolder, "bundles"), { recursive: true });
  symlinkSync(join(stateFolder, "bundles"), join(tree, ".state/bundles"));
  return tree;
}

function git(args: readonly string[]): string | undefined {
  try {
    return execFileSync("git", args, { cwd: checkout, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return undefined;
  }
}
