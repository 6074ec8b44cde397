/** Milliseconds as `45 s` or `4m11s`. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, "0")}s`;
}

/** `1 place`, `3 places`. */
export const some = (count: number, one: string, several = `${one}s`): string =>
  `${count} ${count === 1 ? one : several}`;

/** The engine's operations: what they are called before and after they are done. One that replaces is counted once. */
const operations: Readonly<Record<string, { readonly planned: string; readonly done: string }>> = {
  create: { planned: "to create", done: "created" },
  update: { planned: "to update", done: "updated" },
  replace: { planned: "to replace", done: "replaced" },
  delete: { planned: "to delete", done: "deleted" },
  same: { planned: "unchanged", done: "unchanged" },
};
const parts: Readonly<Record<string, string>> = { "create-replacement": "replace", "delete-replaced": "" };

/** How many of each operation, in words: `390 unchanged`, `2 to create, 390 unchanged`. */
export function counts(byOperation: Readonly<Record<string, number>>, form: "planned" | "done"): string {
  const sums = new Map<string, number>();
  for (const [op, count] of Object.entries(byOperation)) {
    const known = operations[op] ? op : (parts[op] ?? op);
    if (known !== "" && count > 0) sums.set(known, known === op ? count : Math.max(count, byOperation[known] ?? 0));
  }
  const order = Object.keys(operations);
  const sorted = [...sums].toSorted(
    ([one], [other]) => (order.indexOf(one) + 1 || 99) - (order.indexOf(other) + 1 || 99),
  );
  return sorted.map(([op, count]) => `${count} ${operations[op]?.[form] ?? op}`).join(", ") || "nothing";
}
