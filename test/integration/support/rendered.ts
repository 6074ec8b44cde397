import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { selfSigned } from "../../../components/capabilities/self-signed.ts";
import { checkout } from "../../../scripts/support/checkout.ts";
import type { Manifest } from "../../../scripts/support/declared-objects.ts";
import { command } from "../../support/cluster.ts";
import { moved } from "./moved.ts";

/**
 * A stack's objects as `npm run render` writes them to `folder`, in namespaces of other names. Throws when a file is
 * missing.
 */
export async function rendered(stack: string, folder: string, names: ReadonlyMap<string, string>): Promise<Manifest[]> {
  const { code, stdout, stderr } = await command(process.execPath, [
    join(checkout, "scripts/run.mjs"),
    "render",
    "--stack",
    stack,
    "--out",
    folder,
  ]);
  if (code !== 0) throw new Error(stderr);
  const files = readdirSync(folder).filter((file) => file.endsWith(".yaml"));
  if (!stdout.includes(`${files.length} objects of stack ${stack} written`))
    throw new Error(`${folder} has ${files.length} files, and render says: ${stdout}`);
  return files.map((file) =>
    withCertificate(moved(parse(readFileSync(join(folder, file), "utf8")) as Manifest, names)),
  );
}

/**
 * What deployment generates is in no rendered file, and an API server takes no Secret of type TLS without a
 * certificate: it gets one as deployment makes them.
 */
function withCertificate(object: Manifest): Manifest {
  if (object["type"] !== "kubernetes.io/tls") return object;
  const { certificate, key } = selfSigned("integration", ["integration.example.com"]);
  return { ...object, stringData: { "tls.crt": certificate, "tls.key": key } };
}

/** The namespace of the system that an object is for: Velero's schedules stand elsewhere and name it. */
export function home({ kind, metadata, spec }: Manifest): string {
  if (kind === "Namespace") return metadata.name;
  return kind === "Schedule"
    ? (spec as { template: { includedNamespaces: [string] } }).template.includedNamespaces[0]
    : metadata.namespace!;
}
