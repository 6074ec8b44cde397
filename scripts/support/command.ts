import type { Readable } from "node:stream";
import { Command, CommanderError } from "commander";
import list from "../commands.json" with { type: "json" };
import { checkout } from "./checkout.ts";

/** Every command of the project: its program, and what it does in a sentence. run.mjs reads the same list. */
export const commands = list;

type CommandName = keyof typeof commands;

/** A command whose wrong usage ends with exit code 2; asking for help ends with 0. */
export const command = (name: string): Command =>
  new Command(name).exitOverride((error) => process.exit(codeOfUsage(error)));

/** A command of the list; `more` stands in its help behind the summary. */
export const npmCommand = (name: CommandName, more?: string): Command =>
  command(`npm run ${name} --`).description([commands[name].summary, ...(more ? [more] : [])].join("\n"));

/** Where a command runs that is a function, and where its output goes. */
export interface Terminal {
  /** The folder that relative paths start from. */
  readonly base: string;
  readonly stdin: Readable;
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  /** Whether the output is seen by a person who likes colour. */
  readonly colour: boolean;
  /** `KUBECONFIG`. */
  readonly kubeconfig: string | undefined;
}

/** The terminal of this process. */
export function ownTerminal(): Terminal {
  // A reader that has seen enough, such as head, ends the command as it ends every other program; any other failure is
  // said.
  process.stdout.on("error", ({ code, message }: NodeJS.ErrnoException) => {
    if (code !== "EPIPE") process.stderr.write(`the output cannot be written: ${message}\n`);
    process.exit(code === "EPIPE" ? 128 + 13 : 1);
  });
  process.stderr.on("error", () => {}); // nobody listens, and the work goes on
  return {
    base: process.env["INIT_CWD"] ?? checkout,
    stdin: process.stdin,
    out: (text) => process.stdout.write(text),
    error: (text) => process.stderr.write(text),
    colour: process.stdout.isTTY && !process.env["NO_COLOR"],
    kubeconfig: process.env["KUBECONFIG"],
  };
}

/** A command that ends with an exception: see {@link exitCode}. */
export const commandOn = ({ out, error }: Terminal, name: string): Command =>
  new Command(name).exitOverride().configureOutput({ writeOut: out, writeErr: error });

/** A command of the list that ends with an exception. */
export const npmCommandOn = (terminal: Terminal, name: CommandName): Command =>
  commandOn(terminal, `npm run ${name} --`).description(commands[name].summary);

/** How a command ends that fails. */
export interface Failure {
  readonly code: number;
  readonly text: string;
}

/** The exit code of what a command does. What goes wrong is said on the terminal, with what `failure` makes of it. */
export async function exitCode(
  work: () => Promise<number>,
  { error: say }: Terminal,
  failure: (error: unknown) => Promise<Failure>,
): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CommanderError) return codeOfUsage(error); // commander has said why
    const { code, text } = await failure(error);
    say(`${text}\n`);
    return code;
  }
}

const codeOfUsage = ({ exitCode }: CommanderError) => (exitCode === 0 ? 0 : 2);
