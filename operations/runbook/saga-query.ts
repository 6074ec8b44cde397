/** What one order's saga has written in each service. */
export interface Saga {
  readonly id: string;
  readonly status: string;
  readonly reason: string | null;
  readonly round: number;
  readonly updated: string;
  readonly payment: { readonly status: string; readonly reason: string | null; readonly round: number } | null;
  readonly attempts: readonly { readonly round: number; readonly outcome: string; readonly at: string }[];
  readonly reservation: { readonly status: string; readonly round: number } | null;
  readonly events: readonly { readonly from: string; readonly type: string | null; readonly published: boolean }[];
}

/** All sagas together. */
export interface Sagas {
  /** Orders by their status. */
  readonly orders: Readonly<Record<string, number>>;
  /** Failed payments of the last day. */
  readonly failed: number;
  /** Orders that are not decided in time; at most ten, the oldest first. */
  readonly pending: readonly string[];
  /** Orders that ended while stock is still held for them, or that gave back what was sold. */
  readonly uncompensated: readonly string[];
  /** Orders that were paid and cancelled, or completed without a payment. */
  readonly contradicting: readonly string[];
  /** Retries of payments that were accepted and not decided. */
  readonly retrying: readonly string[];
  /** Events that no broker has taken, by service. */
  readonly unpublished: Readonly<Record<string, number>>;
}

const time = (column: string): string => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`;
const ids = (from: string): string =>
  `(SELECT coalesce(json_agg(id), '[]') FROM (SELECT o.id FROM orders.orders o ${from} ORDER BY o.updated_at LIMIT 10) found)`;

/** Asks for all sagas; what is younger than `seconds` may still be on its way. */
export const sagasQuery = (seconds: number): string => {
  const late = `o.updated_at < now() - interval '${seconds} seconds'`;
  const waiting = (schema: string) =>
    `(SELECT count(*) FROM ${schema}.outbox WHERE published_at IS NULL AND created_at < now() - interval '${seconds} seconds')`;
  return `SELECT json_build_object(
    'orders', (SELECT coalesce(json_object_agg(status, n), '{}') FROM (SELECT status, count(*) AS n FROM orders.orders GROUP BY status) s),
    'failed', (SELECT count(*) FROM billing.payment_attempts WHERE outcome = 'FAILED' AND created_at > now() - interval '1 day'),
    'pending', ${ids(`WHERE o.status = 'PENDING' AND ${late}`)},
    'uncompensated', ${ids(`JOIN inventory.reservations r ON r.order_id = o.id WHERE ${late}
      AND (o.status = 'CANCELLED' AND r.status IN ('RESERVED', 'COMMITTED') OR o.status = 'COMPLETED' AND r.status <> 'COMMITTED')`)},
    'contradicting', ${ids(`LEFT JOIN billing.payments p ON p.order_id = o.id WHERE ${late}
      AND (o.status = 'CANCELLED' AND p.status = 'COMPLETED' OR o.status = 'COMPLETED' AND p.status IS DISTINCT FROM 'COMPLETED')`)},
    'retrying', ${ids(`JOIN billing.payments p ON p.order_id = o.id WHERE p.status = 'RETRYING'
      AND p.updated_at < now() - interval '${seconds} seconds'`)},
    'unpublished', json_build_object('orders', ${waiting("orders")}, 'billing', ${waiting("billing")}, 'inventory', ${waiting("inventory")}))`;
};

/** Asks for the saga of one order; `null` where there is no such order. The id must be a UUID. */
export const sagaQuery = (id: string): string => {
  const events = ["orders", "billing", "inventory"].map(
    (schema) =>
      `SELECT '${schema}' AS "from", created_at, payload->>'type' AS type, published_at IS NOT NULL AS published FROM ${schema}.outbox WHERE message_key = '${id}'`,
  );
  return `SELECT coalesce((SELECT json_build_object(
    'id', o.id, 'status', o.status, 'reason', o.reason, 'round', o.round, 'updated', ${time("o.updated_at")},
    'payment', (SELECT json_build_object('status', status, 'reason', reason, 'round', round) FROM billing.payments WHERE order_id = o.id),
    'attempts', (SELECT coalesce(json_agg(json_build_object('round', round, 'outcome', outcome, 'at', ${time("created_at")}) ORDER BY round), '[]')
      FROM billing.payment_attempts WHERE order_id = o.id),
    'reservation', (SELECT json_build_object('status', status, 'round', round) FROM inventory.reservations WHERE order_id = o.id),
    'events', (SELECT coalesce(json_agg(json_build_object('from', "from", 'type', type, 'published', published) ORDER BY created_at), '[]')
      FROM (${events.join(" UNION ALL ")}) event)
  ) FROM orders.orders o WHERE o.id = '${id}'), 'null'::json)`;
};
