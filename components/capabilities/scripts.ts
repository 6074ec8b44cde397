import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Files of a folder by their names, ready for a ConfigMap: its shell and SQL files, or those wanted. */
export function scripts(folder: string, wanted = /\.(sh|sql)$/): Record<string, string> {
  const names = readdirSync(folder)
    .filter((name) => wanted.test(name))
    .sort();
  if (names.length === 0) throw new Error(`${folder} holds no file that matches ${wanted}`);
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}
