import { examplesOf } from "../example.ts";

type Cron = typeof import("../../../../policies/model/cron.ts");

const problems =
  (...schedules: readonly string[]) =>
  ({ scheduleProblem }: Cron) =>
    schedules.map(scheduleProblem);
const daily =
  (...schedules: readonly string[]) =>
  ({ runsDaily }: Cron) =>
    schedules.map(runsDaily);
const taken = (count: number) => Array(count).fill(undefined);

export const cron = examplesOf<Cron>("policies/model/cron.ts", {
  "a schedule's fields go up to their largest value": [
    problems(
      "59 23 31 12 6",
      "0 0 1 1 0",
      "60 * * * *",
      "* 24 * * *",
      "* * 32 * *",
      "* * * 13 *",
      "* * * * 7",
      "* * 0 * *",
      "* * * 0 *",
    ),
    [
      undefined,
      undefined,
      'has no minute from 0 to 59 in "60"',
      'has no hour from 0 to 23 in "24"',
      'has no day of the month from 1 to 31 in "32"',
      'has no month from 1 to 12 in "13"',
      'has no day of the week from 0 to 6 in "7"',
      'has no day of the month from 1 to 31 in "0"',
      'has no month from 1 to 12 in "0"',
    ],
  ],
  "months and days have names, and minutes have none": [
    problems("0 0 * jan-DEC sun-Sat", "0 0 * jan,mar mon", "sun * * * *", "0 0 * sun *"),
    [undefined, undefined, 'has no minute from 0 to 59 in "sun"', 'has no month from 1 to 12 in "sun"'],
  ],
  "a month's name counts from one, and a day's from zero": [
    problems(
      "0 0 * dec-12 *",
      "0 0 * 1-jan *",
      "0 0 * 12-nov *",
      "0 0 * 2-jan *",
      "0 0 * * sat-6",
      "0 0 * * 0-sun",
      "0 0 * * 6-fri",
      "0 0 * * 1-sun",
    ),
    [
      undefined,
      undefined,
      'has no month from 1 to 12 in "12-nov"',
      'has no month from 1 to 12 in "2-jan"',
      undefined,
      undefined,
      'has no day of the week from 0 to 6 in "6-fri"',
      'has no day of the week from 0 to 6 in "1-sun"',
    ],
  ],
  "a range goes upwards, and a step is at least one": [
    problems("5-5 * * * *", "6-5 * * * *", "*/1 * * * *", "*/0 * * * *", "50/5 * * * *", "5-70 * * * *"),
    [
      undefined,
      'has no minute from 0 to 59 in "6-5"',
      undefined,
      'has no minute from 0 to 59 in "*/0"',
      undefined,
      'has no minute from 0 to 59 in "5-70"',
    ],
  ],
  "a schedule has five fields": [
    problems("* * * *", "* * * * * *", "  * *\t* * *  "),
    ["has 4 fields instead of five", "has 6 fields instead of five", undefined],
  ],
  "a schedule sets no time zone of its own": [
    problems("TZ=UTC * * * * *", "CRON_TZ=UTC * * * * *"),
    Array(2).fill("sets a time zone, which belongs into timeZone"),
  ],
  "names of schedules are known, and others are not": [
    problems(
      "@daily",
      "@midnight",
      "@hourly",
      "@yearly",
      "@annually",
      "@monthly",
      "@weekly",
      "@every 1h30m",
      "@every 5s",
      "@never",
      "@every day",
    ),
    [...taken(9), ...Array(2).fill("is no schedule that has a name")],
  ],
  "an interval below a day runs daily, and one of a day does": [
    daily("@every 23h59m", "@every 24h", "@every 25h", "@every 24h1m", "@every 5m", "@every 1h"),
    [true, true, false, false, true, true],
  ],
  "schedules with daily names run daily, and weekly ones do not": [
    daily("@daily", "@midnight", "@hourly", "@weekly", "@monthly", "@yearly"),
    [true, true, true, false, false, false],
  ],
  "a schedule runs daily where it names every day, month and day of the week": [
    daily(
      "0 3 * * *",
      "0 3 * * 0-7",
      "0 3 ? ? ?",
      "0 3 1-31 1-12 0-6",
      "0 3 */1 */1 */1",
      "0 3 * * 1-7",
      "0 3 * jan-dec sun-sat",
      "0 3 1,2-31 * *",
      "0 3 1/1 * *",
    ),
    Array(9).fill(true),
  ],
  "a schedule that leaves out a day, a month or a day of the week does not run daily": [
    daily(
      "0 3 2-31 * *",
      "0 3 1-30 * *",
      "0 3 * 2-12 *",
      "0 3 * 1-11 *",
      "0 3 * * 1-6",
      "0 3 * * 0-5",
      "0 3 */2 * *",
      "0 3 1 * *",
      "0 3 * * mon",
    ),
    Array(9).fill(false),
  ],
  "what is no schedule does not run daily": [
    daily(
      "0 3 * *",
      "0 3 * * * *",
      "0 3 0-31 * *",
      "0 3 * * 0-8",
      "0 3 * 1-13 *",
      "0 3 1-32 * *",
      "0 3 * * */0",
      "soon",
    ),
    Array(8).fill(false),
  ],
  "a time zone has a name that the system knows": [
    ({ isTimeZone }) => ["Europe/Berlin", "UTC", "Local", "Middle-earth/Shire"].map(isTimeZone),
    [true, true, false, false],
  ],
});
