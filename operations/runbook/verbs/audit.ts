import type { Target } from "../../../components/systems/target.ts";
import { secondsOf } from "../duration.ts";
import { keptEvidence } from "../evidence.ts";
import { type Fact, measured, no, notMeasured, yes } from "../fact.ts";
import { askPostgres, ownPostgres } from "../own-postgres.ts";
import { rightsOfAsking } from "../own-store.ts";
import type { ReadingVerb, Scope } from "../verb.ts";
import { rightsOfWriters, writtenByHand } from "../writers.ts";

/** What an audit table holds. */
interface AuditTable {
  readonly total: number;
  readonly held: number;
  readonly oldest: string | null;
  readonly newest: string | null;
  readonly bytes: number;
  readonly recent: number;
  /** Events of the period by who and what; the most frequent first. */
  readonly by: readonly { readonly actor: string; readonly action: string; readonly count: number }[];
  /** The newest events of the period. */
  readonly events: readonly {
    readonly id: number;
    readonly at: string;
    readonly actor: string;
    readonly action: string;
    readonly subject: string;
  }[];
}

/** Most events that are shown one by one. */
const mostEvents = 200;

/** Says who did what: by this command, past the stack, and in the audit log of the system (P07). */
export const audit: ReadingVerb = {
  kind: "reads",
  name: "audit",
  summary:
    "Show who did what: the runs of this command, fields that somebody wrote past the stack, and what the system's own audit log holds.",
  names: [],
  options: [
    { flags: "--since <duration>", description: "how far back: 2h, 7d", default: "1d" },
    { flags: "--events", description: `the newest ${mostEvents} events of the audit log too, one a line` },
  ],
  rights: [...rightsOfWriters, ...rightsOfAsking],
  examples: ["audit platform-service", "audit --since 7d --json"],
  async look(target, scope, { options }) {
    const { namespace } = target;
    const seconds = secondsOf("--since", String(options["since"] ?? "1d"));
    const since = new Date(scope.now().getTime() - seconds * 1000);
    const lines: string[] = [];
    const data: Record<string, unknown> = {};
    const facts = [
      ...(await measured("runs of this command", async () => {
        const runs = await keptEvidence(namespace, since, scope);
        data["runs"] = runs.map(({ run, who, line, state, ended }) => ({ run, who, line, state, ended }));
        lines.push(
          ...runs.map(({ ended, who, line, state }) => `  ${ended.slice(0, 19)}Z  ${who}: ${line} (${state})`),
        );
        return [];
      })),
      ...(await measured("fields written past the stack", async () => {
        const written = (await writtenByHand(namespace, scope)).filter(({ at }) => !at || new Date(at) >= since);
        data["written"] = written;
        lines.push(
          ...written.map(
            ({ object, writer, at, fields }) => `  ${at}  ${writer} wrote ${object}: ${fields.join(", ")}`,
          ),
        );
        return [];
      })),
      ...(await measured("audit log", () => auditLog(target, scope, seconds, options["events"] === true, lines, data))),
    ];
    return { facts, lines: lines.length > 0 ? lines : [`  nothing was done since ${since.toISOString()}`], data };
  },
};

/** An empty log is no proof: who could write nothing would look like who did nothing. */
async function auditLog(
  target: Target,
  scope: Scope,
  seconds: number,
  each: boolean,
  lines: string[],
  data: Record<string, unknown>,
): Promise<Fact[]> {
  const postgres = ownPostgres(target);
  if (postgres === undefined) return [];
  if (!postgres.own) return [notMeasured("audit log", "this Postgres is run by somebody else: ask there")];
  if (scope.simulated) return [notMeasured("audit log", "the node is simulated: no container runs there")];
  const ask = <Answer>(query: string) => askPostgres<Answer>(target, scope, postgres.location, query);
  if (!(await ask<boolean>(`SELECT to_json(to_regclass('audit_events') IS NOT NULL)`))) return [];
  const log = await ask<AuditTable>(contentsSince(seconds));
  data["audit"] = log;
  lines.push(...log.by.map(({ actor, action, count }) => `  ${String(count).padStart(6)}  ${actor} ${action}`));
  if (each) lines.push(...log.events.map(({ at, actor, action, subject }) => `  ${at}  ${actor} ${action} ${subject}`));
  const held = `${log.held} under legal hold`;
  return [
    (log.total > 0 ? yes : no)(
      "audit log",
      log.total > 0
        ? `${log.total} events since ${log.oldest}, the newest of ${log.newest}, ${held}, ${log.recent} in the period`
        : "it holds no event at all",
    ),
  ];
}

/** Numbers alone come into this text, and no word of a person. */
const contentsSince = (seconds: number): string => `
  WITH recent AS (SELECT * FROM audit_events WHERE occurred_at > now() - interval '${seconds} seconds')
  SELECT json_build_object(
    'total', (SELECT count(*) FROM audit_events),
    'held', (SELECT count(*) FROM audit_events WHERE hold),
    'oldest', (SELECT ${moment("min(occurred_at)")} FROM audit_events),
    'newest', (SELECT ${moment("max(occurred_at)")} FROM audit_events),
    'bytes', pg_total_relation_size('audit_events'),
    'recent', (SELECT count(*) FROM recent),
    'by', (SELECT coalesce(json_agg(counted), '[]') FROM (
      SELECT actor, action, count(*) FROM recent GROUP BY actor, action ORDER BY count(*) DESC, actor, action LIMIT 50
    ) counted),
    'events', (SELECT coalesce(json_agg(event), '[]') FROM (
      SELECT id, ${moment("occurred_at")} AS at, actor, action, subject FROM recent ORDER BY occurred_at DESC, id DESC
      LIMIT ${mostEvents}
    ) event))`;

const moment = (time: string): string => `to_char(${time} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`;
