import ts from "typescript";

/** One place of a text, written another way. */
export interface Slip {
  readonly start: number;
  readonly end: number;
  readonly text: string;
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
