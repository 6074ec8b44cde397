import type { Database } from "../data/postgres.ts";
import { HttpProblem } from "../http/problem.ts";
import type { Route } from "../role.ts";

/** A product's counters beside the sums of its ledger. */
export interface AuditRow {
  readonly sku: string;
  readonly stock: number;
  readonly reserved: number;
  readonly ledger: number;
  readonly ledgerReserved: number;
  readonly equal: boolean;
}

/** One statement, and so one snapshot: services may work meanwhile. */
const auditQuery = {
  text: `SELECT stock.sku, available AS stock, reserved,
      coalesce(sum(available_change), 0)::int AS ledger, coalesce(sum(reserved_change), 0)::int AS "ledgerReserved",
      available = coalesce(sum(available_change), 0) AND reserved = coalesce(sum(reserved_change), 0) AS equal
    FROM inventory.stock LEFT JOIN inventory.ledger ON ledger.sku = stock.sku
    GROUP BY stock.sku ORDER BY stock.sku`,
  values: [],
};

/** The HTTP interface of inventory-service. */
export const inventoryRoutes = (database: Pick<Database, "query">): Route[] => [
  {
    method: "GET",
    path: "/api/inventory/audit",
    async handle(context) {
      const skus = await database.query<AuditRow>(auditQuery);
      return context.json({ equal: skus.every(({ equal }) => equal), count: skus.length, skus });
    },
  },
  {
    method: "GET",
    path: "/api/inventory/:sku",
    async handle(context) {
      const [row] = await database.query({
        text: "SELECT sku, available, reserved FROM inventory.stock WHERE sku = $1",
        values: [context.req.param("sku")],
      });
      if (!row) throw new HttpProblem(404, "unknown_product", "There is no product of this code.");
      return context.json(row);
    },
  },
];
