import { readFileSync } from "node:fs";

/** What a file holds; nothing where it cannot be read, as with a process that is gone. */
export function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
