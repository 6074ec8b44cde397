/** What is still to be undone when this process ends. */
const pending = new Set<() => void>();
const undoAll = () => pending.forEach((undo) => undo());

/**
 * Does some work, and calls `undo` after it, also where this process ends in the middle. Dozens of steps run side by
 * side, so one listener serves all of them.
 */
export async function undoing<T>(undo: () => void, work: () => Promise<T>): Promise<T> {
  if (pending.size === 0) process.on("exit", undoAll);
  pending.add(undo);
  try {
    return await work();
  } finally {
    pending.delete(undo);
    if (pending.size === 0) process.off("exit", undoAll);
    undo();
  }
}
