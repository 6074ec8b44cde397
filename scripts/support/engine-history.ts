import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

/**
 * How many updates of a stack the engine's file backend keeps: the whole state after the newest 5, and what happened in
 * the newest 100.
 */
export const keptUpdates = { states: 5, records: 100 } as const;

/**
 * What the engine leaves behind with every update: a folder, the endings of its files, and how many are kept. The name
 * ends in the time.
 */
const kinds = [
  { folder: "history", file: /^(.+)-(\d+)\.checkpoint\.json(\.gz)?$/, kept: keptUpdates.states },
  { folder: "backups", file: /^(.+)\.(\d+)\.json(\.gz)?$/, kept: keptUpdates.states },
  { folder: "history", file: /^(.+)-(\d+)\.history\.json(\.gz)?$/, kept: keptUpdates.records },
] as const;

/**
 * Removes the oldest of what updates left in a file backend, because every update, also one without a change, leaves
 * its whole state there.
 * The state itself is not touched. Backends of another kind are left alone.
 */
export function forgetOldUpdates(backend: string | undefined, project = "production-platform"): void {
  if (!backend?.startsWith("file://")) return;
  const root = join(backend.slice("file://".length).replace(/\?.*/, ""), ".pulumi");
  for (const { folder, file, kept } of kinds) {
    const stacks = join(root, folder, project);
    for (const stack of existsSync(stacks) ? readdirSync(stacks) : []) {
      const time = (name: string) => BigInt(file.exec(name)![2]!);
      const names = readdirSync(join(stacks, stack))
        .filter((name) => file.test(name))
        .sort((one, other) => Number(time(other) - time(one)));
      for (const name of names.slice(kept)) rmSync(join(stacks, stack, name), { force: true });
    }
  }
}
