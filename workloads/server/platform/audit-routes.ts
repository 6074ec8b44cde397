import type { Logger } from "pino";
import * as z from "zod";
import type { Database, Sql } from "../data/postgres.ts";
import { parseJson, readText } from "../http/body.ts";
import type { Front } from "../http/front.ts";
import { invalidRequest } from "../http/problem.ts";
import type { Route } from "../role.ts";
import { isoTime, recordEvent } from "./audit-events.ts";
import { exportParameters, exportResponse } from "./audit-export.ts";
import { cleanUp, cutoffOf, holdings, minimumRetentionDays } from "./audit-retention.ts";
import { day, inOrder, rangeOf } from "./days.ts";
import { originOf } from "./origin.ts";
import { nothingBut, storableText } from "./request-schemas.ts";

/** What the audit log works with. */
export interface AuditParts extends Front {
  readonly database: Pick<Database, "query" | "transaction">;
  readonly log: Logger;
  readonly retentionDays: number;
}

const holdBody = z
  .strictObject(
    { startDate: day, endDate: day, reason: storableText(500).trim().min(1, "expected a reason") },
    nothingBut("startDate, endDate and reason"),
  )
  .refine(...inOrder);

const place = ({ from, before }: ReturnType<typeof rangeOf>): Sql => ({
  text: `WITH placed AS (UPDATE audit_events SET hold = true WHERE occurred_at >= $1::timestamptz AND occurred_at < $2::timestamptz AND NOT hold RETURNING 1)
    SELECT count(*)::float8 AS placed FROM placed`,
  values: [from, before],
});

const totals: Sql = {
  text: `SELECT count(*)::float8 AS total, ${isoTime("min(occurred_at)")} AS oldest, ${isoTime("max(occurred_at)")} AS newest,
    pg_total_relation_size('audit_events')::float8 AS size_bytes FROM audit_events`,
  values: [],
};

const actions: Sql = {
  text: "SELECT action, count(*)::float8 AS count FROM audit_events GROUP BY action ORDER BY count DESC, action",
  values: [],
};

/** The endpoints of the audit log (P07). */
export const auditRoutes = ({ database, log, retentionDays, ...front }: AuditParts): Route[] => [
  {
    method: "GET",
    path: "/audit/export",
    handle(context) {
      const { data, error } = exportParameters.safeParse(context.req.query());
      if (!data)
        throw invalidRequest(error.issues.map(({ path, message }) => ({ path: path.join(".") || "query", message })));
      return exportResponse(database.query, data, log);
    },
  },
  {
    method: "GET",
    path: "/audit/retention",
    async handle(context) {
      const cutoff = await cutoffOf(database.query, retentionDays);
      const compliant = retentionDays >= minimumRetentionDays;
      return context.json({
        retention_days: retentionDays,
        minimum_days: minimumRetentionDays,
        compliant,
        cutoff,
        events: await holdings(database.query, cutoff),
      });
    },
  },
  {
    // Deletes nothing by itself: evidence goes only behind a copy, and the job that makes copies deletes what is in
    // them.
    method: "POST",
    path: "/audit/cleanup",
    async handle(context) {
      const origin = originOf(context, front);
      const refuse = (error: string, message: string, facts: object) =>
        context.json({ error, message, ...facts, request_id: origin.requestId }, 409);
      if (retentionDays < minimumRetentionDays) {
        return refuse(
          "retention_below_minimum",
          `AUDIT_RETENTION_DAYS is ${retentionDays}, and events are kept for at least ${minimumRetentionDays} days.`,
          { retention_days: retentionDays, minimum_days: minimumRetentionDays },
        );
      }
      const { archived, expired, expired_held: held, cutoff } = await cleanUp(database, retentionDays, origin);
      if (archived) return context.json({ deleted: 0, held, remaining: 0, cutoff });
      return refuse(
        "not_archived",
        `${expired} events are past their retention and not archived. The job audit-retention copies them first and deletes them then: run it, or wait for the night.`,
        { expired, held, cutoff },
      );
    },
  },
  {
    // Holds are placed here and released by the owner of the database only: this endpoint can do evidence no harm.
    method: "POST",
    path: "/audit/holds",
    async handle(context) {
      const origin = originOf(context, front);
      const { value: body, faults } = parseJson(await readText(context.req.raw), holdBody);
      if (!body) throw invalidRequest(faults);
      const placed = await database.transaction(async (query) => {
        const [row] = await query<{ placed: number }>(place(rangeOf(body)));
        await query(
          recordEvent({ ...origin, action: "audit.hold.placed", subject: "audit_events", detail: { ...body, ...row } }),
        );
        return row!.placed;
      });
      return context.json({ placed, startDate: body.startDate, endDate: body.endDate });
    },
  },
  {
    method: "GET",
    path: "/audit/stats",
    async handle(context) {
      const [[all], byAction] = await Promise.all([
        database.query<object>(totals),
        database.query<{ action: string; count: number }>(actions),
      ]);
      return context.json({
        ...all,
        actions: Object.fromEntries(byAction.map(({ action, count }) => [action, count])),
      });
    },
  },
];
