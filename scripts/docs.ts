import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemAlerts } from "../components/systems/alerts.ts";
import { verbs } from "../operations/runbook/verbs/index.ts";
import { policiesPage } from "../policies/gates/check/policies-page.ts";
import { rulesAsOf } from "../policies/rules/index.ts";
import { alertsPage } from "./support/alerts-page.ts";
import { checkout } from "./support/checkout.ts";
import { npmCommand } from "./support/command.ts";
import { readCoverage } from "./support/coverage.ts";
import { coveragePage } from "./support/coverage-page.ts";
import { runbookPage } from "./support/runbook-page.ts";

npmCommand("docs").addHelpText("after", "\nExit codes: 0 written, 2 wrong usage.").allowExcessArguments(false).parse();

const rules = rulesAsOf(new Date().toISOString().slice(0, 10));
writeFileSync(join(checkout, "docs/policies.md"), policiesPage(rules));
const coverage = readCoverage(checkout);
writeFileSync(join(checkout, "docs/coverage.md"), coveragePage(coverage));
writeFileSync(join(checkout, "docs/runbook.md"), runbookPage(verbs));
writeFileSync(join(checkout, "docs/alerts.md"), alertsPage(systemAlerts));
console.log(`docs/policies.md is written: ${rules.length} rules`);
console.log(`docs/runbook.md is written: ${verbs.length} verbs`);
console.log(`docs/alerts.md is written: ${systemAlerts.flatMap(({ alerts }) => alerts).length} alerts`);
console.log(`docs/coverage.md is written: ${coverage.flatMap(({ rows }) => rows).length} rows`);
