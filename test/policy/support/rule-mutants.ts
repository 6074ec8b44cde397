import { globSync, readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import ts from "typescript";
import type { Rule } from "../../../policies/rule.ts";
import { checkout } from "../../../scripts/support/checkout.ts";
import { today } from "../fixtures/fixture.ts";

/** One place of a text, written another way. */
export interface Slip {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The rules after somebody made one slip in them. */
export interface RuleMutant {
  /** Where and what: `policies/rules/probes.ts:40 < becomes <=`. */
  readonly change: string;
  /** Whether the slip is in a text of CEL. */
  readonly isCel: boolean;
  /** The rules that may have the slip; rejects where they cannot even be loaded. */
  load(): Promise<readonly Rule[]>;
}

const opposite: Readonly<Record<string, readonly string[]>> = {
  "===": ["!=="], "!==": ["==="], "==": ["!="], "!=": ["=="], "&&": ["||"], "||": ["&&"],
  "<": ["<=", ">="], "<=": ["<", ">"], ">": [">=", "<="], ">=": [">", "<"], "*": ["/"], "/": ["*"],
};
const names: Readonly<Record<string, string>> = { some: "every", every: "some", all: "exists", exists: "all", true: "false", false: "true" };

/** Every slip in the code of a file: comparisons, and/or, not, numbers, true and false, some and every. What stands in texts is left alone. */
export function codeSlips(source: string): Slip[] {
  return slipsOf(source, (node, file) => {
    const [start, end] = [node.getStart(file), node.getEnd()];
    if (ts.isBinaryExpression(node)) {
      const { operatorToken } = node;
      return (opposite[operatorToken.getText(file)] ?? []).map((text) => ({ start: operatorToken.getStart(file), end: operatorToken.getEnd(), text }));
    }
    if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken) return [{ start, end: start + 1, text: "" }];
    if (ts.isNumericLiteral(node)) return [{ start, end, text: `${Number(node.text) + 1}` }];
    if (node.kind === ts.SyntaxKind.TrueKeyword || node.kind === ts.SyntaxKind.FalseKeyword) return [{ start, end, text: names[node.getText(file)]! }];
    if (ts.isPropertyAccessExpression(node) && ts.isCallExpression(node.parent) && node.parent.expression === node && ["some", "every"].includes(node.name.text)) {
      return [{ start: node.name.getStart(file), end, text: names[node.name.text]! }];
    }
    return [];
  });
}

const looksLikeCel = /\.orValue\(|\.(?:all|exists|filter|map)\(|\bvariables\.|\bobject\.|\bcontainer\.|\bhas\(|\.matches\(|\.size\(\)|\.hasValue\(\)|^.\s*(?:&&|\|\|)\s*.$/;
const celTokens = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\.(all|exists)\(|==|!=|<=|>=|&&|\|\||[<>]|!|(?<![\w.$])(?:\d+(?:\.\d+)?|true|false)\b/g;

/** Every slip in the CEL that a file's texts hold. What stands in quotation marks of CEL is left alone. */
export function celSlips(source: string): Slip[] {
  return slipsOf(source, (node, file) => {
    const isText = ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node) || node.kind === ts.SyntaxKind.TemplateHead || node.kind === ts.SyntaxKind.TemplateMiddle || node.kind === ts.SyntaxKind.TemplateTail;
    if (!isText) return [];
    const text = node.getText(file);
    const whole = ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node) ? text : (ts.isTemplateSpan(node.parent) ? node.parent.parent : node.parent).getText(file);
    if (!looksLikeCel.test(whole)) return [];
    const from = node.getStart(file) + 1;
    return [...text.slice(1, -1).matchAll(celTokens)].flatMap((match) => {
      const [token, macro] = match;
      const [start, end] = [from + match.index, from + match.index + token.length];
      if (/^["']/.test(token)) return [];
      if (macro !== undefined) return [{ start: start + 1, end: end - 1, text: names[macro]! }];
      if (token === "!") return [{ start, end, text: "" }];
      if (/^\d/.test(token)) return [{ start, end, text: token.includes(".") ? `${Number(token) + 1}.0` : `${Number(token) + 1}` }];
      return (opposite[token] ?? [names[token]!]).map((other) => ({ start, end, text: other }));
    });
  });
}

function slipsOf(source: string, of: (node: ts.Node, file: ts.SourceFile) => Slip[]): Slip[] {
  const file = ts.createSourceFile("rule.ts", source, ts.ScriptTarget.Latest, true);
  const slips: Slip[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node)) return;
    slips.push(...of(node, file));
    ts.forEachChild(node, visit);
  };
  visit(file);
  return slips;
}

const sources = new Map<string, string>();
const slipIn = /\?slip=\S+$/;

/** Node.js is given the text with the slip for an address with the slip's number behind it. With `deep` all modules of the rules get that number, so that a shared one reaches them. */
registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context);
    const slip = slipIn.exec(context.parentURL ?? "")?.[0];
    return slip?.includes("deep") && resolved.url.includes("/policies/") && !resolved.url.includes("?") ? { ...resolved, url: `${resolved.url}${slip}` } : resolved;
  },
  load(url, context, next) {
    const source = sources.get(url);
    if (source !== undefined) return { format: "module-typescript", source, shortCircuit: true };
    return slipIn.test(url) ? next(url.replace(slipIn, ""), context) : next(url, context);
  },
});

const shared = ["policies/cel.ts", "policies/data-store-cel.ts"];

/** The slips in the code and in the CEL of all rules, and in the CEL that several share. Helpers of the code outside of policies/rules are not among them. */
export function ruleMutants(): RuleMutant[] {
  const own = globSync("policies/rules/**/*.ts", { cwd: checkout }).sort().filter((file) => !file.endsWith("rules/index.ts") && !file.endsWith("rules/exceptions.ts"));
  return [...own, ...shared].flatMap((file) => {
    const path = join(checkout, file);
    const source = readFileSync(path, "utf8");
    const deep = shared.includes(file) || !/Rules?\b.*= \[|: readonly Rule\[\]/.test(source);
    const slips = [...shared.includes(file) ? [] : codeSlips(source).map((slip) => ({ ...slip, isCel: false })), ...celSlips(source).map((slip) => ({ ...slip, isCel: true }))];
    return slips.map((slip, index): RuleMutant => ({
      change: `${file}:${source.slice(0, slip.start).split("\n").length} ${slip.isCel ? "CEL " : ""}${source.slice(slip.start, slip.end)} becomes ${slip.text || "nothing"}`,
      isCel: slip.isCel,
      async load() {
        const behind = `?slip=${deep ? "deep" : ""}${index}-${file.replace(/\W/g, "_")}`;
        sources.set(`${pathToFileURL(path).href}${behind}`, source.slice(0, slip.start) + slip.text + source.slice(slip.end));
        if (!deep) return rulesIn(await import(`${pathToFileURL(path).href}${behind}`) as object);
        const { rulesAsOf } = await import(`${pathToFileURL(join(checkout, "policies/rules/index.ts")).href}${behind}`) as { rulesAsOf: (day: string) => readonly Rule[] };
        return rulesAsOf(today);
      },
    }));
  });
}

/** The rules that a module exports, alone or in lists. */
function rulesIn(module: object): Rule[] {
  const isRule = (value: unknown): value is Rule => typeof value === "object" && value !== null && "check" in value && "id" in value;
  return [...new Set(Object.values(module).flatMap((value: unknown) => (Array.isArray(value) ? value : [value])).filter(isRule))];
}
