import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { clusterFolder } from "../../cluster/paths.ts";
import { checkout, stateFolder } from "./checkout.ts";
import { refuseForeign } from "./refusals.ts";
import { writePrivate } from "./whole-file.ts";

/** The checkout whose engine describes the local cluster: no other knows its objects and its passwords. */
export interface Owner {
  /** Of the engine's state, which a checkout keeps when it is moved. */
  readonly id: string;
  readonly checkout: string;
  /** UID of the cluster's namespace kube-system. */
  readonly cluster?: string;
}

const file = join(clusterFolder, "owner.json");
const idFile = join(stateFolder, "backend", "id");

/** Who brought a platform up on the local cluster; `undefined` where nobody did. */
export const localOwner = (): Owner | undefined =>
  existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Owner) : undefined;

/** The path of the other checkout that owns the local cluster; `undefined` where it is this one's, or nobody's. */
export function foreignOwner(): string | undefined {
  const owner = localOwner();
  const own = existsSync(idFile) ? readFileSync(idFile, "utf8") : undefined;
  return owner === undefined || owner.id === own ? undefined : owner.checkout;
}

/**
 * Notes on the local cluster that it is this checkout's. Throws a `Refusal` where it became another one's while it was
 * started.
 */
export function claimLocalCluster(uid: string): void {
  refuseForeign({ foreign: foreignOwner() });
  if (!existsSync(idFile)) {
    mkdirSync(dirname(idFile), { recursive: true });
    writeFileSync(idFile, randomUUID());
  }
  writePrivate(file, JSON.stringify({ id: readFileSync(idFile, "utf8"), checkout, cluster: uid } satisfies Owner));
}
