/** The five fields of a schedule, each with its smallest and largest value. */
const days = [["day of the month", 2, 1, 31], ["month", 3, 1, 12], ["day of the week", 4, 0, 6]] as const;

const daily = new Set(["@daily", "@midnight", "@hourly"]);

/** Whether a CronJob's schedule runs on each day of the year; false for one that cannot be read. */
export function runsDaily(schedule: string): boolean {
  const text = schedule.trim();
  const every = /^@every\s+(?:(\d+)h)?(?:\d+m)?(?:\d+s)?$/.exec(text);
  if (every !== null) return Number(every[1] ?? 0) < 24 || text === "@every 24h";
  if (text.startsWith("@")) return daily.has(text);
  const fields = text.split(/\s+/);
  return fields.length === 5 && days.every(([, index, least, most]) => coversAll(fields[index] ?? "", least, most));
}

/** Whether a field names each of its values: `*`, `?`, `*` with a step of one, or a list of ranges and values. Names of days are not read. */
function coversAll(field: string, least: number, most: number): boolean {
  const values = new Set<number>();
  for (const part of field.split(",")) {
    if (/^[*?](?:\/1)?$/.test(part)) return true;
    const [, from, to = from] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
    // Sunday is 0 and 7.
    for (let value = Number(from); value <= Number(to); value++) values.add(most === 6 ? value % 7 : value);
  }
  return Array.from({ length: most - least + 1 }, (_, index) => least + index).every((value) => values.has(value));
}
