import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder this copy of the project lies in. */
export const checkout = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/** Whatever the project writes while it runs and git ignores: Pulumi's state, the passphrase, rendered kubeconfigs. */
export const stateFolder = join(checkout, ".state");
