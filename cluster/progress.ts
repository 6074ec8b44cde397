/** Prints what is being done and how long it takes. */
export type Print = (line: string) => void;

export const elapsed = (since: number): string => {
  const seconds = Math.round((performance.now() - since) / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, "0")}s`;
};

/**
 * Does one step of a longer work, saying at its start, every 15 seconds and at its end what it is and how long it took.
 */
export async function step<T>(title: string, print: Print, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  print(`${title} ...`);
  const timer = setInterval(() => print(`${title} ... ${elapsed(started)}`), 15_000);
  try {
    const result = await work();
    print(`${title}: done in ${elapsed(started)}`);
    return result;
  } finally {
    clearInterval(timer);
  }
}
