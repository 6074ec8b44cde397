import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { clusterFolder } from "../../cluster/paths.ts";
import { checkout, stateFolder } from "./checkout.ts";

interface Owner {
  readonly id: string;
  readonly checkout: string;
}

/**
 * Notes on the local cluster whose engine state describes it. Throws when that is another checkout's: this one knows
 * neither its objects nor its passwords.
 */
export function claimLocalCluster(): void {
  const own = join(stateFolder, "backend", "id");
  if (!existsSync(own)) writeFileSync(own, randomUUID());
  const id = readFileSync(own, "utf8");
  const file = join(clusterFolder, "owner.json");
  const owner = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) as Owner : undefined;
  if (owner && owner.id !== id) {
    throw new Error(`the local cluster holds the platform that ${owner.checkout} brought up, with its data and passwords. Work from there, or remove it all with "npm run cluster -- down --purge"`);
  }
  writeFileSync(file, JSON.stringify({ id, checkout } satisfies Owner));
}
