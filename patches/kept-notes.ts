import * as pulumi from "@pulumi/pulumi";

/** What the part that ran last said in notes, which an engine would show and nobody reads under mocks. */
export const notes: string[] = [];

/** Keeps notes out of the output; returns what puts things back. */
export function keepNotes(): () => void {
  const { info } = pulumi.log;
  notes.length = 0;
  Object.assign(pulumi.log, { info: (note: string) => (notes.push(note), Promise.resolve()) });
  return () => void Object.assign(pulumi.log, { info });
}
