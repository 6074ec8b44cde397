import { readFileSync } from "node:fs";
import * as z from "zod";
import { whole } from "../environment.ts";
import { reasonOf } from "../reason.ts";

/**
 * Keys of the section [settings] that are read, with the numbers they may have; everything else in the file is its own
 * affair.
 */
const bounds = { maxattempts: [1, 100], enginemaxseconds: [1, 86_400], pagelimit: [1, 500] } as const;

type IniSettings = Partial<Record<keyof typeof bounds, number>>;

/** Sections of an ini text, each with its settings. Throws with the number of the line that is neither. */
export function parseIni(text: string): Map<string, Map<string, string>> {
  const sections = new Map<string, Map<string, string>>();
  let current: Map<string, string> | undefined;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === "" || /^[#;]/.test(line)) continue;
    const [, section] = /^\[([^\]]+)\]$/.exec(line) ?? [];
    const [, key, value = ""] = /^([^=:[\]]+?)\s*[=:]\s*(.*)$/.exec(line) ?? [];
    if (section) sections.set(section, (current = sections.get(section) ?? new Map()));
    else if (!key) throw new Error(`line ${index + 1} is neither a [section] nor "key = value"`);
    else if (!current) throw new Error(`line ${index + 1} stands before the first [section]`);
    else if (current.has(key.toLowerCase())) throw new Error(`line ${index + 1} sets "${key}" again`);
    else current.set(key.toLowerCase(), value);
  }
  return sections;
}

/** The settings of an ini text. Throws with all that are wrong. */
export function readIni(text: string): IniSettings {
  const given = parseIni(text).get("settings");
  const entries = Object.entries(bounds).flatMap(([key, [minimum, maximum]]) => {
    const value = given?.get(key);
    return value === undefined ? [] : [{ key, value, result: whole(minimum, maximum, minimum).safeParse(value) }];
  });
  const problems = entries.flatMap(({ key, value, result }) =>
    result.success ? [] : [`[settings] ${key} is "${value}" and not ${result.error.issues[0]!.message}`],
  );
  if (problems.length > 0) throw new Error(problems.join(", "));
  return Object.fromEntries(entries.map(({ key, result }) => [key, result.data]));
}

const iniFile = z.string().transform((path, context) => {
  try {
    return readIni(readFileSync(path, "utf8"));
  } catch (error) {
    context.addIssue({ code: "custom", message: `a valid ini file: ${reasonOf(error)}` });
    return z.NEVER;
  }
});

/** Not set is 0, which no setting may be. */
const given = ([minimum, maximum]: readonly [number, number]) => whole(minimum, maximum, 0);

/** Variables that say how the application works. Each wins over its key in BOTS_CONFIG_FILE (E05). */
export const settingsVariables = {
  BOTS_CONFIG_FILE: iniFile.optional(),
  MAX_ATTEMPTS: given(bounds.maxattempts),
  ENGINE_MAX_SECONDS: given(bounds.enginemaxseconds),
  PAGE_LIMIT: given(bounds.pagelimit),
};

export interface Settings {
  /** A transaction that failed as often is an error for good. @default 3 */
  readonly maxAttempts: number;
  /** Longest engine run. @default 240 */
  readonly engineMaxSeconds: number;
  /** Transactions on a page of the list. @default 50 */
  readonly pageLimit: number;
}

export function settingsOf({
  BOTS_CONFIG_FILE: ini = {},
  MAX_ATTEMPTS,
  ENGINE_MAX_SECONDS,
  PAGE_LIMIT,
}: z.output<z.ZodObject<typeof settingsVariables>>): Settings {
  return {
    maxAttempts: MAX_ATTEMPTS || (ini.maxattempts ?? 3),
    engineMaxSeconds: ENGINE_MAX_SECONDS || (ini.enginemaxseconds ?? 240),
    pageLimit: PAGE_LIMIT || (ini.pagelimit ?? 50),
  };
}
