import { parser } from "@prometheus-io/lezer-promql";

/** A metric that a query reads, with the matchers that choose its series, as they stand there. */
export interface Selector {
  readonly metric: string;
  readonly matchers: readonly string[];
}

/** What a query reads, and the places where it is no PromQL. */
export function read(query: string): { readonly selectors: readonly Selector[]; readonly errors: readonly string[] } {
  const errors: string[] = [];
  const selectors: { metric: string; matchers: string[] }[] = [];
  const text = (node: { from: number; to: number }) => query.slice(node.from, node.to);
  parser.parse(query).iterate({
    enter({ name, node, type }) {
      if (type.isError) errors.push(`at ${node.from}: ${query.slice(node.from, node.from + 20)}`);
      if (name === "Identifier" && node.parent?.name === "VectorSelector")
        selectors.push({ metric: text(node), matchers: [] });
      if (name === "UnquotedLabelMatcher") selectors.at(-1)?.matchers.push(text(node));
    },
  });
  return { selectors, errors };
}
