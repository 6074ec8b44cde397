import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import type { Readable } from "node:stream";

/** A file's text. */
export interface InputText {
  /** Its path from the folder the command was called in, or `stdin`. */
  readonly file: string;
  readonly text: string;
  /**
   * Whether somebody named it, so that everything in it is meant to be checked; what a folder holds may be anything.
   */
  readonly named: boolean;
}

/** What could not be read, and why. */
export interface Problem {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
}

/** What was left out because it is no Kubernetes object, and why. */
export interface Skipped {
  readonly file: string;
  readonly line?: number;
  readonly reason: string;
}

/** What became of the inputs that were named. */
export interface Inputs {
  readonly texts: InputText[];
  readonly problems: Problem[];
  readonly skipped: Skipped[];
}

export interface InputOptions {
  /** The folder that relative paths start from. */
  readonly base: string;
  /** Where `-` reads from. */
  readonly stdin: Readable;
  /** Largest input, in bytes. */
  readonly maxBytes: number;
}

const manifest = /\.(?:ya?ml|json)$/i;
const ignoredFolders = new Set(["node_modules", ".git"]);

/**
 * Reads files, all manifests below folders, and `-`; each once. Never throws for what is in them: that is a problem of
 * the one input.
 */
export async function readInputs(names: readonly string[], options: InputOptions): Promise<Inputs> {
  const inputs: Inputs = { texts: [], problems: [], skipped: [] };
  const files = new Map<string, { readonly named: boolean }>();
  for (const name of names) if (name !== "-") collect(resolve(options.base, name), true, files, options, inputs);
  for (const [path, { named }] of files) readFile(path, named, options, inputs);
  if (names.includes("-")) await readStream(options, inputs);
  return inputs;
}

/** Adds a file, or every manifest below a folder. */
function collect(
  path: string,
  named: boolean,
  files: Map<string, { readonly named: boolean }>,
  options: InputOptions,
  inputs: Inputs,
): void {
  const file = shown(path, options.base);
  try {
    if (!statSync(path).isDirectory()) {
      files.set(path, { named: named || files.get(path)?.named === true });
      return;
    }
    const entries = readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
    const isChart = entries.some(({ name }) => name === "Chart.yaml");
    for (const entry of entries) {
      const below = join(path, entry.name);
      if (entry.isDirectory() && isChart && entry.name === "templates")
        inputs.skipped.push({
          file: shown(below, options.base),
          reason: "templates of a Helm chart: render it first (helm template)",
        });
      else if (entry.isDirectory() ? !ignoredFolders.has(entry.name) : manifest.test(entry.name) && !isFolder(below))
        collect(below, false, files, options, inputs);
    }
  } catch (error) {
    inputs.problems.push({ file, message: `could not be read: ${reasonOf(error)}` });
  }
}

function readFile(path: string, named: boolean, options: InputOptions, inputs: Inputs): void {
  const file = shown(path, options.base);
  try {
    const stat = statSync(path);
    if (stat.size > options.maxBytes) throw new Error(tooLarge(stat.size, options.maxBytes));
    // A named pipe is read when somebody names it, as in <(kubectl kustomize); one that lies in a folder would wait for
    // ever.
    if (named || stat.isFile()) addText(file, readFileSync(path), named, options, inputs);
  } catch (error) {
    inputs.problems.push({ file, message: `could not be read: ${reasonOf(error)}` });
  }
}

/** Links to folders are not followed, because they can lead round in a circle. */
function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

async function readStream({ stdin, maxBytes, ...rest }: InputOptions, inputs: Inputs): Promise<void> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    size += (chunk as Buffer).length;
    if (size > maxBytes) {
      inputs.problems.push({ file: "stdin", message: `could not be read: ${tooLarge(size, maxBytes)}` });
      return;
    }
    chunks.push(chunk as Buffer);
  }
  addText("stdin", Buffer.concat(chunks), true, { stdin, maxBytes, ...rest }, inputs);
}

function addText(file: string, bytes: Buffer, named: boolean, { maxBytes }: InputOptions, inputs: Inputs): void {
  if (bytes.length > maxBytes) throw new Error(tooLarge(bytes.length, maxBytes));
  const decoded = decode(bytes);
  if (typeof decoded === "string") inputs.texts.push({ file, text: decoded, named });
  else inputs.problems.push({ file, line: decoded.line, message: `is binary, no text: ${decoded.reason}` });
}

/** The text of UTF-8, or of UTF-16 with a byte order mark, as PowerShell writes it. */
function decode(bytes: Buffer): string | { line: number; reason: string } {
  const mark = bytes.subarray(0, 2).toString("hex");
  if (mark === "fffe" || mark === "feff")
    return new TextDecoder(mark === "fffe" ? "utf-16le" : "utf-16be").decode(bytes);
  const zero = bytes.indexOf(0);
  if (zero !== -1) return { line: lineAt(bytes, zero), reason: `byte ${zero} is zero` };
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    const valid = Buffer.byteLength(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes).split("\uFFFD", 1)[0]!);
    return { line: lineAt(bytes, valid), reason: `byte ${valid} is not UTF-8` };
  }
}

function lineAt(bytes: Buffer, offset: number): number {
  return bytes.subarray(0, offset).toString("latin1").split("\n").length;
}

function tooLarge(bytes: number, maxBytes: number): string {
  const mebibytes = (count: number) => `${(count / 2 ** 20).toFixed(1)} MiB`;
  return `it has ${mebibytes(bytes)} or more, at most ${mebibytes(maxBytes)} are read: split it, or raise --max-size`;
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: "there is no such file or folder",
    EACCES: "access is denied",
  };
  return reasons[code ?? ""] ?? message;
}

function shown(path: string, base: string): string {
  const fromBase = relative(base, path);
  return (fromBase.startsWith("..") ? path : fromBase || ".").split(sep).join("/");
}
