import { sep } from "node:path";

const inside = ["", "@pulumi", "pulumi", ""].join(sep);

/**
 * Leaves out the stack traces that Pulumi takes of each resource and promise, and returns what puts things back. The
 * engine's runner would map every
 * one of them to its sources, and the engine writes them into its state after every step. Errors keep theirs, unmapped:
 * Node.js removes types
 * without moving a line.
 */
export function withoutPulumisTraces(): () => void {
  const { prepareStackTrace } = Error;
  Error.prepareStackTrace = (error, frames) =>
    error.message === "" && frames[0]?.getFileName()?.includes(inside)
      ? ""
      : [String(error), ...frames.map((frame) => `    at ${frame}`)].join("\n");
  return () => {
    Error.prepareStackTrace = prepareStackTrace;
  };
}
