import { execFile, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { KubeConfig } from "@kubernetes/client-node";
import { withPortForward } from "../../operations/port-forward.ts";

const run = promisify(execFile);

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end and returns what it said; never throws for its exit code. */
export async function command(
  program: string,
  args: readonly string[],
  { input, timeout = 300_000 }: { input?: string; timeout?: number } = {},
): Promise<CommandResult> {
  const child = run(program, args, { maxBuffer: 64 * 2 ** 20, timeout });
  child.child.stdin?.end(input);
  try {
    return { code: 0, ...(await child) };
  } catch (error) {
    const { code, stdout, stderr, message } = error as CommandResult & { message: string };
    return { code: typeof code === "number" ? code : 1, stdout: stdout ?? "", stderr: stderr || message };
  }
}

/** Runs kubectl; throws with what it printed when it fails. */
export async function kubectl(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await command("kubectl", args);
  if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr || stdout}`);
  return stdout.trim();
}

/** Runs one line of shell, as an operator would paste it from a runbook. */
export const shell = (line: string): Promise<CommandResult> => command("bash", ["-c", line]);

/** Runs kubectl with a manifest on its standard input. */
export async function withManifest(manifest: object, ...args: string[]): Promise<CommandResult> {
  return command("kubectl", [...args, "-f", "-"], { input: JSON.stringify(manifest) });
}

/** Runs one SQL statement as the superuser in the database pod; rows by line, columns by "|". */
export async function sql(statement: string, database = "bgc", namespace = "data"): Promise<string> {
  const child = spawn(
    "kubectl",
    [
      "exec",
      "-i",
      "-n",
      namespace,
      "postgres-0",
      "-c",
      "postgres",
      "--",
      "psql",
      "-XAtq",
      "-v",
      "ON_ERROR_STOP=1",
      "-U",
      "postgres",
      database,
    ],
    { stdio: ["pipe", "pipe", "pipe"] },
  );
  child.stdin.end(statement);
  const [stdout, stderr] = await Promise.all([child.stdout.toArray(), child.stderr.toArray()]);
  const code =
    child.exitCode ?? (await new Promise<number>((resolve) => child.on("exit", (status) => resolve(status ?? 1))));
  if (code !== 0) throw new Error(`${statement}: ${Buffer.concat(stderr)}`);
  return Buffer.concat(stdout).toString().trim();
}

/** Runs SQL as root in EDI's database pod; rows by line, columns by tabs. */
export const mysql = (statement: string, database = "botsedi_data"): Promise<string> =>
  kubectl("exec", "-n", "edi", "mysql-0", "-c", "mysql", "--", ...mysqlClient(statement, database));

/** The command that does it: the password stands in a file, and never among the arguments. */
export const mysqlClient = (statement: string, database: string): string[] => [
  "bash",
  "-c",
  `printf '[client]\\nuser=root\\npassword="%s"\\n' "$(cat /credentials/root/password)" >/tmp/drill.cnf; exec mariadb --defaults-extra-file=/tmp/drill.cnf -BN "$1" -e "$0"`,
  statement,
  database,
];

/** Asks again every second until the answer is right; throws with the last answer when the time is over. */
export async function eventually<T>(
  what: string,
  seconds: number,
  look: () => Promise<T>,
  accept: (answer: T) => boolean,
): Promise<T> {
  let last: unknown;
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(1000)) {
    try {
      const answer = await look();
      if (accept(answer)) return answer;
      last = answer;
    } catch (error) {
      last = error;
    }
  }
  throw new Error(
    `${what} did not happen within ${seconds} s; last seen: ${last instanceof Error ? last.message : JSON.stringify(last)}`,
  );
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, any>;
}
export type Ask = (path: string, init?: RequestInit) => Promise<Answer>;

/** Holds a way to a Service open for as long as `use` asks it things. */
export async function withService<T>(
  namespace: string,
  service: string,
  port: number,
  use: (ask: Ask) => Promise<T>,
): Promise<T> {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromDefault();
  return withPortForward(kubeConfig, namespace, service, port, (localPort) =>
    use(async (path, init = {}) => {
      const answer = await fetch(`http://127.0.0.1:${localPort}${path}`, {
        ...init,
        headers: { connection: "close", ...init.headers },
        signal: AbortSignal.timeout(15_000),
      });
      const text = await answer.text();
      return { status: answer.status, headers: answer.headers, body: /^[{[]/.test(text) ? JSON.parse(text) : { text } };
    }),
  );
}

/** One HTTP request to a Service of namespace data. */
export const request = (service: string, port: number, path: string, init: RequestInit = {}): Promise<Answer> =>
  withService("data", service, port, (ask) => ask(path, init));
