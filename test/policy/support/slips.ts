import { type Node, parseSync, visitorKeys } from "oxc-parser";

/** One place of a text, written another way. */
export interface Slip {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const opposite: Readonly<Record<string, readonly string[]>> = {
  "===": ["!=="],
  "!==": ["==="],
  "==": ["!="],
  "!=": ["=="],
  "&&": ["||"],
  "||": ["&&"],
  "<": ["<=", ">="],
  "<=": ["<", ">"],
  ">": [">=", "<="],
  ">=": [">", "<"],
  "*": ["/"],
  "/": ["*"],
};
const quantifiers = new Map([
  ["some", "every"],
  ["every", "some"],
  ["all", "exists"],
  ["exists", "all"],
]);

/**
 * Every slip in the code of a file: comparisons, and/or, not, numbers, true and false, some and every. What stands in
 * texts is left alone.
 */
export function codeSlips(source: string): Slip[] {
  return nodesOf(source).flatMap((node): Slip[] => {
    const { start, end } = node;
    if (node.type === "BinaryExpression" || node.type === "LogicalExpression") {
      const at = source.indexOf(node.operator, node.left.end);
      return (opposite[node.operator] ?? []).map((text) => ({ start: at, end: at + node.operator.length, text }));
    }
    if (node.type === "UnaryExpression" && node.operator === "!") return [{ start, end: start + 1, text: "" }];
    if (node.type === "Literal" && typeof node.value === "number") return [{ start, end, text: `${node.value + 1}` }];
    if (node.type === "Literal" && typeof node.value === "boolean") return [{ start, end, text: `${!node.value}` }];
    if (node.type === "CallExpression" && node.callee.type === "MemberExpression") {
      const { property } = node.callee;
      const text = property.type === "Identifier" ? quantifiers.get(property.name) : undefined;
      return text === undefined ? [] : [{ start: property.start, end: property.end, text }];
    }
    return [];
  });
}

const looksLikeCel =
  /\.orValue\(|\.(?:all|exists|filter|map)\(|\bvariables\.|\bobject\.|\bcontainer\.|\bhas\(|\.matches\(|\.size\(\)|\.hasValue\(\)|^.\s*(?:&&|\|\|)\s*.$/;
const celTokens =
  /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\.(all|exists)\(|==|!=|<=|>=|&&|\|\||[<>]|!|(?<![\w.$])(?:\d+(?:\.\d+)?|true|false)\b/g;

/** Every slip in the CEL that a file's texts hold. What stands in quotation marks of CEL is left alone. */
export function celSlips(source: string): Slip[] {
  return nodesOf(source)
    .filter(({ start, end }) => looksLikeCel.test(source.slice(start, end)))
    .flatMap((node) => textsOf(node, source).flatMap(({ start, text }) => slipsOfCel(start, text)));
}

/** The pieces of text that a literal or a template has, and where each begins. */
function textsOf(node: Node, source: string): { readonly start: number; readonly text: string }[] {
  if (node.type === "Literal" && typeof node.value === "string")
    return [{ start: node.start + 1, text: source.slice(node.start + 1, node.end - 1) }];
  if (node.type !== "TemplateLiteral") return [];
  return node.quasis.map(({ value: { raw } }, index) => ({
    start: (index === 0 ? node.start : source.indexOf("}", node.expressions[index - 1]!.end)) + 1,
    text: raw,
  }));
}

function slipsOfCel(from: number, text: string): Slip[] {
  return [...text.matchAll(celTokens)].flatMap((match) => {
    const [token, macro] = match;
    const [start, end] = [from + match.index, from + match.index + token.length];
    if (/^["']/.test(token)) return [];
    if (macro !== undefined) return [{ start: start + 1, end: end - 1, text: quantifiers.get(macro)! }];
    if (token === "!") return [{ start, end, text: "" }];
    if (token === "true" || token === "false") return [{ start, end, text: `${token !== "true"}` }];
    if (/^\d/.test(token)) return [{ start, end, text: `${Number(token) + 1}${token.includes(".") ? ".0" : ""}` }];
    return (opposite[token] ?? []).map((other) => ({ start, end, text: other }));
  });
}

/** What stands around an expression and its type, where the rest of a name that begins with TS is a type alone. */
const typed = ["TSAsExpression", "TSSatisfiesExpression", "TSNonNullExpression"];

/** Every node of a file's code, without its types and its imports. */
function nodesOf(source: string): Node[] {
  const nodes: Node[] = [];
  const visit = (node: Node): void => {
    if (node.type === "ImportDeclaration" || (node.type.startsWith("TS") && !typed.includes(node.type))) return;
    nodes.push(node);
    for (const key of visitorKeys[node.type] ?? []) {
      for (const child of [(node as unknown as Record<string, Node | Node[] | null>)[key] ?? []].flat())
        if (child !== null) visit(child);
    }
  };
  visit(parseSync("rule.ts", source).program);
  return nodes;
}
