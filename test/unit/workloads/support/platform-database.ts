import type { Database, Query, Sql } from "../../../../workloads/server/data/postgres.ts";
import type { AuditEvent } from "../../../../workloads/server/platform/audit-events.ts";

/** Before it, the events of a memory database are past their retention. */
export const cutoff = "2025-01-09T00:00:00.000000Z";

/** An event with everything but what is given. */
export const event = (id: number, occurred_at: string, more: Partial<AuditEvent> = {}): AuditEvent => ({
  id: String(id),
  occurred_at,
  actor: "ana",
  address: "10.0.0.7",
  action: "setting.changed",
  subject: "settings/theme",
  request_id: "r-1",
  hold: false,
  detail: "{}",
  ...more,
});

/** `count` expired events, a second apart. */
export const expired = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    event(
      index + 1,
      `2024-01-01T00:${String(Math.floor(index / 60)).padStart(2, "0")}:${String(index % 60).padStart(2, "0")}.000000Z`,
    ),
  );

/** A time with microseconds, so that texts compare like times. */
const exact = (text: unknown): string =>
  String(text).replace(
    /^(\d{4}-.*T[\d:]+)(?:\.(\d+))?Z$/,
    (_, seconds: string, fraction = "") => `${seconds}.${String(fraction).padEnd(6, "0")}Z`,
  );

/** The audit log in memory: knows the statements of the platform service, and undoes a transaction that fails. */
export function auditDatabase(given: readonly AuditEvent[], fail: (sql: Sql) => Error | undefined = () => undefined) {
  let events = [...given];
  const asked: Sql[] = [];
  const inOrder = () =>
    events.toSorted((a, b) => a.occurred_at.localeCompare(b.occurred_at) || Number(a.id) - Number(b.id));
  const remove = (gone: readonly AuditEvent[]) => {
    events = events.filter((each) => !gone.includes(each));
    return gone.map(({ id }) => ({ id }));
  };
  function answer({ text, values }: Sql): object[] {
    const [first, second, third, fourth] = (values as string[]).map(exact);
    if (text.includes("AS cutoff")) return [{ cutoff }];
    if (text.includes("expired_held")) {
      const old = events.filter(({ occurred_at }) => occurred_at < first!);
      return [
        {
          total: events.length,
          held: events.filter(({ hold }) => hold).length,
          expired: old.filter(({ hold }) => !hold).length,
          expired_held: old.filter(({ hold }) => hold).length,
          oldest: inOrder()[0]?.occurred_at ?? null,
        },
      ];
    }
    if (text.startsWith("SELECT id::text")) {
      const after = ({ occurred_at, id }: AuditEvent) =>
        first === "-infinity" || occurred_at > first! || (occurred_at === first && Number(id) > Number(second));
      return inOrder()
        .filter((each) => after(each) && each.occurred_at < third! && !(text.includes("NOT hold") && each.hold))
        .slice(0, Number(fourth));
    }
    if (text.startsWith("DELETE"))
      return remove(
        events.filter(
          ({ id, occurred_at, hold }) => (values[0] as string[]).includes(id) && occurred_at < second! && !hold,
        ),
      );
    if (text.startsWith("INSERT INTO audit_events")) {
      const [actor, address, request_id, action, subject, detail] = values as string[];
      events.push({
        id: String(10_000 + asked.length),
        occurred_at: "2026-01-09T12:00:00.000000Z",
        hold: false,
        actor: actor!,
        address: address!,
        request_id: request_id!,
        action: action!,
        subject: subject!,
        detail: detail!,
      });
      return [];
    }
    throw new Error(`the memory database does not know: ${text}`);
  }
  const query = (async (sql: Sql) => {
    asked.push(sql);
    const error = fail(sql);
    if (error) throw error;
    return answer(sql);
  }) as unknown as Query;
  const database: Pick<Database, "query" | "transaction"> = {
    query,
    async transaction(work) {
      const before = [...events];
      return work(query).catch((error: unknown) => {
        events = before;
        throw error;
      });
    },
  };
  return {
    database,
    asked,
    events: () => events,
    told: () =>
      events
        .filter(({ action }) => action.startsWith("audit."))
        .map(({ actor, action, detail }) => ({ actor, action, ...JSON.parse(detail) })),
  };
}

/** Everything an iteration gives. */
export async function gather<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
