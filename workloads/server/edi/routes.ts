import * as z from "zod";
import type { Statements } from "../data/mysql-session.ts";
import { parseJson, readText } from "../http/body.ts";
import { HttpProblem, invalidRequest } from "../http/problem.ts";
import type { RequestContext, Route } from "../role.ts";
import { editypes } from "./formats.ts";
import { outfileName } from "./outfile.ts";
import { adminPage, securityHeaders, startPage } from "./page.ts";
import {
  contentHash,
  enqueue,
  findTransaction,
  iso,
  listTransactions,
  readStats,
  type TransactionDetail,
} from "./transactions.ts";

const nameExpected = "expected 1 to 64 characters without control characters";
const name = z.string({ error: nameExpected }).regex(/^\P{Cc}{1,64}$/u, { error: nameExpected });
const payloadExpected = "expected a text that is not empty";

/** What a client hands in; the size of the whole is bounded by the server. */
const submission = z.object(
  {
    partner: name,
    editype: z.enum(editypes, { error: `expected one of ${editypes.join(", ")}` }),
    messagetype: name,
    payload: z.string({ error: payloadExpected }).min(1, { error: payloadExpected }),
  },
  { error: "expected an object" },
);

export interface WebParts {
  readonly database: Statements;
  readonly version: string;
  /** Transactions on a page of the list. */
  readonly pageLimit: number;
}

/** The web server's pages and its API. */
export const webRoutes = (parts: WebParts): Route[] => [
  {
    method: "GET",
    path: "/",
    handle: (context) => context.html(startPage(parts.version), 200, { ...securityHeaders }),
  },
  {
    method: "GET",
    path: "/admin/",
    async handle(context) {
      const before = idOf(context.req.query("before"));
      const [stats, rows] = await Promise.all([
        readStats(parts.database),
        listTransactions(parts.database, parts.pageLimit, before),
      ]);
      return context.html(adminPage(stats, rows, parts.pageLimit), 200, { ...securityHeaders });
    },
  },
  { method: "POST", path: "/api/transactions", handle: (context) => submit(context, parts) },
  {
    method: "GET",
    path: "/api/transactions/:id",
    async handle(context) {
      const id = idOf(context.req.param("id"));
      const found = id && (await findTransaction(parts.database, id));
      if (!found) throw new HttpProblem(404, "unknown_transaction", "There is no transaction of this id.");
      return context.json(shown(found));
    },
  },
  {
    method: "GET",
    path: "/api/stats",
    handle: async (context) => context.json({ window_hours: 24, ...(await readStats(parts.database)) }),
  },
];

/** Enqueues a transaction: 201, or 200 with the same transaction when the idempotency key was used before. */
async function submit(context: RequestContext, { database }: WebParts): Promise<Response> {
  const key = context.req.header("Idempotency-Key");
  const keyFaults =
    key === undefined || /^[\x21-\x7e]{1,128}$/.test(key)
      ? []
      : [{ path: "Idempotency-Key", message: "expected 1 to 128 visible ASCII characters" }];
  const { value, faults = [] } = parseJson(await readText(context.req.raw), submission);
  if (!value || keyFaults.length > 0) throw invalidRequest([...keyFaults, ...faults]);

  const submitted = { ...value, dedupKey: key === undefined ? null : `api:${key}`, fileName: null };
  const { id, contentHash: hash, repeated } = await enqueue(database, submitted);
  if (hash !== contentHash(submitted))
    throw invalidRequest([{ path: "Idempotency-Key", message: `belongs to transaction ${id}, which is another one` }]);
  const found = await findTransaction(database, id);
  if (!found) throw new Error(`transaction ${id} is gone`);
  return context.json(shown(found), repeated ? 200 : 201, { Location: `/api/transactions/${id}` });
}

/** A row's id; undefined when the text is none. */
const idOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined;

/** A transaction as clients see it. */
function shown({
  content_sha256: _,
  kind,
  body,
  segments,
  worker,
  created_at,
  finished_at,
  ...row
}: TransactionDetail) {
  return {
    ...row,
    created_at: iso(created_at),
    finished_at: iso(finished_at),
    acknowledgement:
      kind === null ? null : { kind, segments, worker, file: `botssys/outfile/${outfileName(row)}`, body },
  };
}
