import { createHash } from "node:crypto";
import type { Finding } from "../../rules/rule.ts";

/**
 * What makes a finding the same one tomorrow: the rule, the object, the container, the field and what is said about it.
 * Neither the file
 * nor the line, and no place in a list, because these change with what stands before.
 */
export function fingerprintOf({ rule, object, container, path, message }: Finding): string {
  const field = path.replace(/\[\d+\]/g, "[]");
  return createHash("sha256")
    .update(JSON.stringify([rule.id, object.ref, container ?? "", field, message]))
    .digest("hex")
    .slice(0, 32);
}
