import { filled } from "../../../../components/alerts/alert.ts";
import type { RuleGroup } from "../../../../components/alerts/rules.ts";
import type { Case } from "./case.ts";

/**
 * Cases of one system with the same step as promtool's unit tests of a rule file. What fires is compared with all its
 * labels and annotations, so that a placeholder without its label is seen.
 */
export const promtoolTests = (
  ruleFile: string,
  { rules }: RuleGroup,
  cases: readonly Case[],
  step: "1m" | "1h",
): object => ({
  rule_files: [ruleFile],
  evaluation_interval: step,
  tests: cases
    .filter((each) => (each.step ?? "1m") === step)
    .map(({ alert, name, series, looks }) => {
      const rule = rules.find((each) => each.alert === alert)!;
      return {
        name: `${alert}: ${name}`,
        interval: step,
        input_series: Object.entries(series).map(([one, values]) => ({ series: one, values })),
        alert_rule_test: looks.map(({ at, fires }) => ({
          eval_time: at,
          alertname: alert,
          exp_alerts: fires.map((own) => {
            const labels = { ...own, ...rule.labels };
            return {
              exp_labels: labels,
              exp_annotations: Object.fromEntries(
                Object.entries(rule.annotations!).map(([key, text]) => [key, filled(text, labels)]),
              ),
            };
          }),
        })),
      };
    }),
});
