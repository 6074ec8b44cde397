/**
 * The fields of a schedule, each with its smallest and largest value, and the names that it may use from the smallest
 * on.
 */
const fields = [
  { name: "minute", least: 0, most: 59, names: [] },
  { name: "hour", least: 0, most: 23, names: [] },
  { name: "day of the month", least: 1, most: 31, names: [] },
  {
    name: "month",
    least: 1,
    most: 12,
    names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
  },
  { name: "day of the week", least: 0, most: 6, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
] as const;
type Field = (typeof fields)[number];

const daily = new Set(["@daily", "@midnight", "@hourly"]);
const others = new Set(["@yearly", "@annually", "@monthly", "@weekly"]);
const everyTime = /^@every\s+(?:(\d+)h)?(?:\d+m)?(?:\d+s)?$/;

/** What an API server does not take in a CronJob's schedule; undefined where it takes it. */
export function scheduleProblem(schedule: string): string | undefined {
  const text = schedule.trim();
  if (/^(?:CRON_)?TZ=/.test(text)) return "sets a time zone, which belongs into timeZone";
  if (text.startsWith("@"))
    return daily.has(text) || others.has(text) || everyTime.test(text) ? undefined : "is no schedule that has a name";
  const parts = text.split(/\s+/);
  if (parts.length !== fields.length) return `has ${parts.length} fields instead of five`;
  const wrong = fields.find((field, index) => valuesOf(parts[index]!, field) === undefined);
  return wrong === undefined
    ? undefined
    : `has no ${wrong.name} from ${wrong.least} to ${wrong.most} in "${parts[fields.indexOf(wrong)]}"`;
}

/** Whether the system knows a time zone by this name; `Local` is the control plane's, which an API server refuses. */
export function isTimeZone(name: string): boolean {
  let isKnown = timeZones.get(name);
  if (isKnown === undefined) timeZones.set(name, (isKnown = makesDates(name)));
  return isKnown;
}

/** Asking takes longer than all else about a schedule, and most schedules share their zone. */
const timeZones = new Map<string, boolean>();

function makesDates(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone });
    return true;
  } catch {
    return false;
  }
}

/** Whether a CronJob's schedule runs on each day of the year; false for one that cannot be read. */
export function runsDaily(schedule: string): boolean {
  const text = schedule.trim();
  const every = everyTime.exec(text);
  if (every !== null) return !(Number(every[1]) >= 24) || text === "@every 24h";
  if (text.startsWith("@")) return daily.has(text);
  const parts = text.split(/\s+/);
  return (
    parts.length === fields.length &&
    fields
      .slice(2)
      .every((field, index) => valuesOf(parts[index + 2]!, field, 7)?.size === field.most - field.least + 1)
  );
}

/**
 * The values that a field names, by numbers, names, ranges and steps; undefined for one that cannot be read. Some crons
 * know Sunday as 7 as well.
 */
function valuesOf(
  text: string,
  { least, most, names }: Field,
  highest: number = most,
): ReadonlySet<number> | undefined {
  const values = new Set<number>();
  const numberOf = (word: string) => {
    const named = (names as readonly string[]).indexOf(word.toLowerCase());
    return named !== -1 ? named + least : /^\d+$/.test(word) ? Number(word) : Number.NaN;
  };
  for (const part of text.split(",")) {
    const [, range = "", from = "", to, step = "1"] = /^(\*|\?|(\w+)(?:-(\w+))?)(?:\/(0*[1-9]\d*))?$/.exec(part) ?? [];
    const isAll = range === "*" || range === "?";
    const first = isAll ? least : numberOf(from);
    const last = isAll || (to === undefined && part.includes("/")) ? most : numberOf(to ?? from);
    if (!(first >= least && last <= Math.max(most, names.length === 7 ? highest : most) && first <= last))
      return undefined;
    for (let value = first; value <= last; value += Number(step)) values.add(names.length === 7 ? value % 7 : value);
  }
  return values;
}
