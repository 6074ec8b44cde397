type Labels = Readonly<Record<string, string>>;

/** One moment of a case. */
interface Look {
  /** How long after the start: `15m`. */
  readonly at: string;
  /** The labels of each alert that fires then, without those that its rule adds; empty where none does. */
  readonly fires: readonly Labels[];
}

/** What Prometheus would read, and whether an alert fires of it. */
export interface Case {
  readonly alert: string;
  /** What happens, as a sentence without its full stop. */
  readonly name: string;
  /** How far apart samples and evaluations are. @default 1m */
  readonly step?: "1h";
  /** Samples of each series, as promtool writes them: `0+60x20`. */
  readonly series: Labels;
  readonly looks: readonly Look[];
}

/** A series' name with its labels. */
export const series = (metric: string, labels: Labels): string =>
  `${metric}{${Object.entries(labels)
    .map(([label, value]) => `${label}="${value}"`)
    .join(",")}}`;

/** A case in which the alert fires at a moment, once with these labels. */
export const fires = (alert: string, name: string, input: Labels, at: string, labels: Labels): Case => ({
  alert,
  name,
  series: input,
  looks: [{ at, fires: [labels] }],
});

/** A case in which it does not. */
export const silent = (alert: string, name: string, input: Labels, at: string): Case => ({
  alert,
  name,
  series: input,
  looks: [{ at, fires: [] }],
});

/** The same, with an hour between samples. */
export const hourly = (each: Case): Case => ({ ...each, step: "1h" });
