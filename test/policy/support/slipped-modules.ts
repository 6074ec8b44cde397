import { registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { checkout } from "../../../scripts/support/checkout.ts";
import { dependentsOf } from "./rule-imports.ts";

/**
 * A module with a slip, and those that reach it: they are loaded once more, under addresses with the slip's number
 * behind them.
 */
interface Slipped {
  readonly source: string;
  readonly url: string;
  readonly dependents: ReadonlySet<string>;
}

const slips: Slipped[] = [];
const behind = /\?slip=(\d+)$/;
const slipOf = (url = "") => slips[Number(behind.exec(url)?.[1] ?? -1)];

registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context);
    const slip = slipOf(context.parentURL);
    return slip?.dependents.has(resolved.url)
      ? { ...resolved, url: `${resolved.url}?slip=${slips.indexOf(slip)}` }
      : resolved;
  },
  load(url, context, next) {
    const slip = slipOf(url);
    if (slip === undefined) return next(url, context);
    const real = url.replace(behind, "");
    return real === slip.url
      ? { format: "module-typescript", source: slip.source, shortCircuit: true }
      : next(real, context);
  },
});

const urlOf = (file: string) => pathToFileURL(join(checkout, file)).href;

/** Loads a module of `policies/` as it is where another one has this text. Both are paths from the checkout. */
export function loadWithSlip(module: string, file: string, source: string): Promise<object> {
  const number = slips.push({ source, url: urlOf(file), dependents: new Set([...dependentsOf(file)].map(urlOf)) }) - 1;
  return import(`${urlOf(module)}?slip=${number}`) as Promise<object>;
}
