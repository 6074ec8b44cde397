import { checkout } from "../../../../scripts/support/checkout.ts";
import { command, kubectl, withManifest } from "../../../support/cluster.ts";
import type { CommandResult } from "../../../support/cluster.ts";

const name = `gates-${process.pid}`;

/** The label of the guarded namespace: policies that hold for it alone leave the platform and other tests in peace. */
export const selector = { key: "production-platform/gates", value: name } as const;
/**
 * A namespace under the policies, and one that is not. Neither enforces Pod Security, which would refuse pods before
 * the policies are asked.
 */
export const namespaces = { guarded: name, free: `${name}-free` } as const;

/** Runs `npm run admission`. Applying and removing look only at the namespaces of this process. */
export const admission = (verb: "apply" | "remove", ...args: string[]): Promise<CommandResult> =>
  command(process.execPath, [
    `${checkout}/scripts/run.mjs`,
    "admission",
    verb,
    ...(verb === "apply" ? ["--namespace-selector", `${selector.key}=${selector.value}`] : []),
    ...args,
  ]);

/** Makes both namespaces, the guarded one with more labels, and waits for the account that pods need. */
export async function makeNamespaces(labels: Readonly<Record<string, string>> = {}): Promise<void> {
  const items = Object.entries(namespaces).map(([which, own]) => ({
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: own, labels: which === "guarded" ? { ...labels, [selector.key]: selector.value } : {} },
  }));
  const { code, stderr } = await withManifest({ apiVersion: "v1", kind: "List", items }, "create");
  if (code !== 0) throw new Error(stderr);
  for (const own of Object.values(namespaces))
    await kubectl("wait", "serviceaccount/default", "--namespace", own, "--for=create", "--timeout=60s");
}

/** Removes the policies and both namespaces. */
export async function tidyUp(): Promise<void> {
  await admission("remove");
  await kubectl("delete", "namespaces", ...Object.values(namespaces), "--ignore-not-found");
}
