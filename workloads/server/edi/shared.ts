/** A function whose calls share what is under way: a volume or a server that hangs then holds one call and not many. */
export function shared<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => (running ??= work().finally(() => (running = undefined)));
}
