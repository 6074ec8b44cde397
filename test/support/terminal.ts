import { Readable } from "node:stream";
import type { Terminal } from "../../scripts/support/command.ts";

/** What a command said, and how it ended. */
export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command in this process, on a terminal without input or colour. */
export async function said(
  command: (args: readonly string[], terminal: Terminal) => Promise<number>,
  args: readonly string[],
  place: Pick<Terminal, "base" | "kubeconfig">,
): Promise<Said> {
  const output = { stdout: "", stderr: "" };
  const code = await command(args, {
    ...place,
    stdin: Readable.from([]),
    colour: false,
    out: (text) => (output.stdout += text),
    error: (text) => (output.stderr += text),
  });
  return { code, ...output };
}
