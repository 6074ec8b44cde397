import { createHash } from "node:crypto";
import { html, raw } from "hono/html";
import type { Destination } from "./simulator.ts";

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b2a2f}
form{display:flex;gap:1rem;flex-wrap:wrap;align-items:end}label{display:grid;gap:.2rem}input,button{font:inherit;padding:.4rem .6rem}
button{background:#0b6b4f;color:#fff;border:0;border-radius:.3rem}table{border-collapse:collapse;margin-top:1rem;width:100%}
th,td{padding:.3rem .6rem;border-bottom:1px solid #d5dede;text-align:right}th:nth-child(2),td:nth-child(2){text-align:left}
.notice{background:#fdf3d7;border-left:4px solid #d9a400;padding:.6rem 1rem;margin-top:1rem}`;

/** The page needs no script and one style sheet of its own, so everything else is forbidden. */
export const securityHeaders: Readonly<Record<string, string>> = {
  "Content-Security-Policy": `default-src 'none'; style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cache-Control": "no-store",
};

/** What the form holds, as typed. */
export interface FormValues {
  readonly ncm: string;
  readonly volume_kg: string;
  readonly max_results: string;
}

export const firstValues: FormValues = { ncm: "17011400", volume_kg: "1000", max_results: "10" };

/** What is shown below the form. */
export type Outcome =
  | {
      readonly destinations: readonly Destination[];
      readonly remaining: string | undefined;
      readonly hint: string | undefined;
    }
  | { readonly notice: string; readonly problems: readonly string[] };

const number = (value: number, digits = 0) =>
  value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** The whole page. Every value is escaped by the template. */
export function page(values: FormValues, outcome?: Outcome) {
  return html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Export destinations</title><style>${raw(style)}</style></head>
<body>
<h1>Export destinations</h1>
<p>Ranks the countries that buy a Brazilian product by market size, price and distance.</p>
<form method="post" action="/api/simulate">
<label>NCM (8 digits)<input name="ncm" required pattern="[0-9]{8}" inputmode="numeric" value="${values.ncm}"></label>
<label>Volume in kg<input name="volume_kg" required inputmode="decimal" value="${values.volume_kg}"></label>
<label>Results<input name="max_results" type="number" min="1" max="50" value="${values.max_results}"></label>
<button>Simulate</button>
</form>
${outcome ? ("notice" in outcome ? notice(outcome) : results(outcome)) : ""}
</body>
</html>`;
}

const notice = ({ notice, problems }: Extract<Outcome, { notice: string }>) =>
  html`<div class="notice" role="alert"><p>${notice}</p>${problems.length > 0 ? html`<ul>${problems.map((problem) => html`<li>${problem}</li>`)}</ul>` : ""}</div>`;

function results({ destinations, remaining, hint }: Extract<Outcome, { destinations: unknown }>) {
  const left = remaining === undefined ? "" : html`<p>Requests left today: ${remaining}</p>`;
  if (destinations.length === 0)
    return html`<div class="notice" role="status"><p>No exports of this product are recorded. ${hint ?? ""}</p></div>${left}`;
  return html`<table>
<thead><tr><th>#</th><th>Country</th><th>Score</th><th>USD/kg</th><th>Market share</th><th>Distance (km)</th><th>Estimated revenue (USD)</th></tr></thead>
<tbody>${destinations.map((row) => html`<tr><td>${row.rank}</td><td>${row.country}</td><td>${number(row.score, 2)}</td><td>${number(row.price_usd_per_kg, 4)}</td><td>${number(row.market_share * 100, 1)} %</td><td>${number(row.distance_km)}</td><td>${number(row.estimated_revenue_usd, 2)}</td></tr>`)}</tbody>
</table>${left}`;
}
