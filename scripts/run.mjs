#!/usr/bin/env node
// Entry of every npm script. Runs on any Node.js from 20 on: it installs what package-lock.json asks for when that is
// missing, then hands over to the Node.js that the project brings along.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** Every command: its program, and what it does. */
const commands = JSON.parse(readFileSync(join(root, "scripts/commands.json"), "utf8"));

const [verb, ...args] = process.argv.slice(2);
if (!Object.hasOwn(commands, verb ?? "")) {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  console.error(
    [
      `${verb ? `"${verb}" is not a command. ` : ""}Usage: npm run COMMAND -- [options]; each answers --help`,
      ...Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`),
    ].join("\n"),
  );
  process.exit(2);
}

/** Names of the packages that package-lock.json wants and node_modules does not hold in that version. */
function missingPackages() {
  const read = (file) =>
    existsSync(join(root, file)) ? JSON.parse(readFileSync(join(root, file), "utf8")).packages : {};
  const installed = read("node_modules/.package-lock.json");
  return Object.entries(read("package-lock.json"))
    .filter(([path, wanted]) => path !== "" && !wanted.optional && installed[path]?.version !== wanted.version)
    .map(([path]) => path);
}

const node = join(root, "node_modules/node/bin", process.platform === "win32" ? "node.exe" : "node");
const missing = missingPackages();
if (missing.length > 0 || !existsSync(node)) {
  console.error(`installing dependencies (${missing.length} packages differ from package-lock.json)`);
  const { status } = spawnSync("npm", ["ci", "--no-fund", "--no-audit", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
  if (status !== 0) {
    console.error(`"npm ci" failed (exit ${status}): the reason stands above; nothing else was done`);
    process.exit(1);
  }
}

const child = spawn(node, [join(root, commands[verb].program), ...args], { stdio: "inherit", cwd: root });
// A terminal sends Ctrl-C to the child as well: this process only has to outlive it.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
  process.on(signal, () => (signal === "SIGINT" ? undefined : child.kill(signal)));
child.on("error", (error) => {
  console.error(`${node} does not start: ${error.message}. Remove node_modules and run the command again`);
  process.exit(1);
});
child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 143)));
