/** One thing that is measured; `measure` does it once and returns the milliseconds it took. */
export interface Measurement {
  readonly id: string;
  readonly title: string;
  readonly measure: () => Promise<number>;
}

/** Milliseconds that some work takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
