import type { CheckReport } from "../report.ts";
import { github } from "./github.ts";
import { human } from "./human.ts";
import { json } from "./json.ts";
import { junit } from "./junit.ts";
import { markdown } from "./markdown.ts";
import { sarif } from "./sarif.ts";

/** Every way to write a report, by the name of `--format`. */
export const formats = { human, json, sarif, junit, github, markdown } as const satisfies Readonly<
  Record<string, (report: CheckReport, options: { colour?: boolean }) => string>
>;

/** A name of {@link formats}. */
export type Format = keyof typeof formats;
