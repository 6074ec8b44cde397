import { cel, piece } from "./template.ts";
import type { Cel } from "./template.ts";

/** CEL for `coversHost()`, of a name and a host that CEL calls so. */
export function coversHostCel(nameOf: string, hostOf: string): Cel {
  const [name, host] = [piece(nameOf), piece(hostOf)];
  return cel`(${name} == ${host} || (${name}.startsWith("*.") && ${host}.contains(".")
    && ${host}.substring(${host}.indexOf(".")) == ${name}.substring(1)))`;
}
