const said = new Set<string>();

/**
 * Says once on standard error that a patch does not fit the code it was written for, and so is not in force: what it
 * would have made faster is slower, and everything works. Returns what puts nothing back.
 */
export function stepAside(patch: string, why: string): () => void {
  const line = `warn  patches/${patch}.ts steps aside: ${why}; patches/README.md says what it does`;
  if (!said.has(line)) console.error(line);
  said.add(line);
  return () => {};
}
