import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { ExecutionContext } from "ava";

/** What a script's run said and left. */
export interface Ran {
  readonly code: number | null;
  /** Lines without the time in front. */
  readonly lines: readonly string[];
}

/** A folder that stands for a container's file system. */
export interface Sandbox {
  readonly folder: string;
  read(path: string): string;
  write(path: string, content: string): void;
  /** Runs a script with the container's folders in this one and the stand-ins first on PATH. */
  run(script: string, env?: Readonly<Record<string, string>>): Promise<Ran>;
}

const folders = ["/scripts", "/scratch", "/tmp", "/backups", "/opt/kafka", "/etc/kafka", "/credentials"];

/**
 * Scripts of `components/` and programs that stand in for others, by their paths in the container. Pauses last no time.
 */
export function sandbox(
  t: ExecutionContext,
  scripts: readonly string[],
  standIns: Readonly<Record<string, string>>,
): Sandbox {
  const folder = mkdtempSync(join(tmpdir(), "sandbox-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  for (const each of folders) mkdirSync(join(folder, each), { recursive: true });
  const write = (path: string, content: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content, { mode: 0o755 });
  };
  /** Paths at the beginning of a word, so that those of this machine stay. */
  const inside = (text: string) =>
    text.replaceAll(
      /(?<![\w.}/-])\/(scripts|scratch|tmp|backups|opt\/kafka|etc\/kafka|credentials)\b/g,
      `${folder}/$1`,
    );
  for (const script of scripts)
    write(
      `scripts/${script.split("/").at(-1)}`,
      inside(readFileSync(new URL(`../../../components/${script}`, import.meta.url), "utf8")),
    );
  for (const [path, content] of Object.entries({ "/bin/sleep": "#!/bin/sh\n", ...standIns }))
    write(path, inside(content));
  return {
    folder,
    read: (path) => readFileSync(join(folder, path), "utf8"),
    write,
    run: (script, env = {}) =>
      new Promise((resolve) => {
        const given = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, inside(value)]));
        const child = spawn("bash", [join(folder, "scripts", script)], {
          env: {
            PATH: `${folder}/bin:/usr/bin:/bin`,
            HOSTNAME: "backup-29-abcde",
            BACKUPS: `${folder}/backups`,
            FOLDER: folder,
            ...given,
          },
          stdio: ["ignore", "pipe", "pipe"],
        });
        let said = "";
        for (const stream of [child.stdout, child.stderr])
          stream.setEncoding("utf8").on("data", (text: string) => {
            said += text;
          });
        child.on("close", (code) =>
          resolve({
            code,
            lines: said
              .trim()
              .split("\n")
              .map((line) => line.replace(/^\d{4}-\S+Z /, "").replaceAll(folder, "")),
          }),
        );
      }),
  };
}
