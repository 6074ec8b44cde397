import { createHash } from "node:crypto";
import { html, raw } from "hono/html";
import type { Stats, TransactionRow } from "./transactions.ts";

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;color:#1b2a2f}
dl{display:flex;gap:2rem;flex-wrap:wrap}dt{color:#57686d}dd{margin:0;font-size:1.4rem}
table{border-collapse:collapse;width:100%}th,td{padding:.3rem .6rem;border-bottom:1px solid #d5dede;text-align:left}
.error{color:#a12a1a}`;

/** The pages need no script and one style sheet of their own, so everything else is forbidden. */
export const securityHeaders: Readonly<Record<string, string>> = {
  "Content-Security-Policy": `default-src 'none'; style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'`,
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cache-Control": "no-store",
};

type Html = ReturnType<typeof html>;

const page = (title: string, body: Html): Html => html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title><style>${raw(style)}</style></head>
<body>
<h1>${title}</h1>
${body}
</body>
</html>`;

/** What the application is and where to go on. */
export const startPage = (version: string): Html =>
  page(
    "Bots EDI",
    html`<p>Electronic data interchange, ${version} (contract server).</p>
<ul><li><a href="/admin/">Transactions</a></li><li><a href="/api/stats">Numbers as JSON</a></li><li><a href="/health/ready">Health</a></li></ul>`,
  );

/** The numbers of the last 24 hours and the transactions, newest first. Payloads are not shown. */
export function adminPage(stats: Stats, rows: readonly TransactionRow[], pageLimit: number): Html {
  const average = stats.average_processing_seconds;
  const older = rows.length === pageLimit ? html`<p><a href="/admin/?before=${rows.at(-1)!.id}">Older</a></p>` : "";
  return page(
    "Transactions",
    html`<dl>
<div><dt>Transactions (24 h)</dt><dd>${stats.transactions}</dd></div>
<div><dt>Error rate</dt><dd>${(stats.error_rate * 100).toFixed(2)} %</dd></div>
<div><dt>Queue depth</dt><dd>${stats.queue_depth}</dd></div>
<div><dt>Average processing</dt><dd>${average === null ? "none" : `${average.toFixed(3)} s`}</dd></div>
</dl>
<table>
<thead><tr><th>Id</th><th>Partner</th><th>Format</th><th>Message</th><th>State</th><th>Attempts</th><th>Received (UTC)</th><th>Reason</th></tr></thead>
<tbody>${rows.map(tableRow)}</tbody>
</table>
${older}`,
  );
}

const tableRow = (
  row: TransactionRow,
): Html => html`<tr><td><a href="/api/transactions/${row.id}">${row.id}</a></td><td>${row.partner}</td><td>${row.editype}</td>
<td>${row.messagetype}</td><td class="${row.state}">${row.state}</td><td>${row.attempts}</td><td>${row.created_at.slice(0, 19)}</td><td>${row.reason ?? ""}</td></tr>`;
