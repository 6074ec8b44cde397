import { readFileSync } from "node:fs";
import * as z from "zod";
import { variable } from "../environment.ts";
import type { TlsMode } from "./tls.ts";

/** A mode among those of a product; the first one, without TLS, where none is set. */
export const tlsMode = (...modes: readonly [TlsMode, ...TlsMode[]]) =>
  z.enum(modes, { error: `one of ${modes.join(", ")}` }).default(modes[0]);

/** Path of a file with certificates in PEM. */
export const authoritiesFile = variable("the path of a readable file with certificates in PEM", (path) => {
  try {
    return readFileSync(path, "utf8").includes("-----BEGIN CERTIFICATE-----");
  } catch {
    return false;
  }
}).optional();
