import { type ChildProcess, spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { recipes } from "../../../cluster/images/recipes.ts";
import { ensurePackages, whyNoRealNode } from "../../../cluster/local/packages.ts";
import { cacheFolder } from "../../../cluster/paths.ts";
import { run } from "../../../cluster/shell.ts";

/** What a program of an image gets: folders of this machine by their paths in the image, variables and a user. */
export interface InImage {
  readonly mounts?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly uid: number;
}

export interface Ended {
  readonly code: number | null;
  readonly said: string;
}

/**
 * The files of one of the project's images, once in the cache: out of its newest archive, or made of the same packages
 * where there is none.
 */
async function imageRoot(image: string): Promise<string> {
  const why = whyNoRealNode();
  if (why) throw new Error(`servers of the project's own images cannot run here: ${why}`);
  const name = image.replace(/[^\w.-]+/g, "_");
  const folder = join(cacheFolder, "roots");
  const root = join(folder, name);
  if (existsSync(root)) return root;
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(`${root}.making-`);
  const archive = newestArchive(name);
  if (archive)
    await run("bash", [
      "-c",
      'tar -xOf "$1" --wildcards "*.tar" | tar -x -C "$2" --exclude=./dev',
      "unpack",
      archive,
      work,
    ]);
  else await installed(image, work);
  for (const mountPoint of ["dev", "proc"]) mkdirSync(join(work, mountPoint), { recursive: true });
  chmodSync(work, 0o755);
  try {
    renameSync(work, root);
  } catch (error) {
    if (!existsSync(root)) throw error; // another process was first
    rmSync(work, { recursive: true });
  }
  return root;
}

function newestArchive(name: string): string | undefined {
  const folder = join(cacheFolder, "images");
  const archives = existsSync(folder)
    ? readdirSync(folder)
        .filter((file) => file.startsWith(`${name}-`) && file.endsWith(".tar"))
        .map((file) => join(folder, file))
    : [];
  return archives.sort((one, other) => statSync(one).mtimeMs - statSync(other).mtimeMs).at(-1);
}

async function installed(image: string, root: string): Promise<void> {
  const { packages, suite = "bookworm", user } = recipes().find((recipe) => recipe.name === image)!;
  await ensurePackages(() => {});
  const account = `echo '${user!.name}:x:${user!.id}:' >>"$1/etc/group"; echo '${user!.name}:x:${user!.id}:${user!.id}::${user!.home}:/bin/bash' >>"$1/etc/passwd"`;
  const noServer =
    'mkdir -p "$1/etc/postgresql-common"; echo "create_main_cluster = false" >"$1/etc/postgresql-common/createcluster.conf"';
  await run("mmdebstrap", [
    "--variant=essential",
    "--mode=root",
    `--include=${packages!.join(",")}`,
    "--aptopt=APT::Install-Recommends false",
    "--skip=cleanup/run",
    `--essential-hook=${account}; ${noServer}`,
    ...(suite === "sid" ? ['--aptopt=Acquire::Check-Valid-Until "false"'] : []),
    suite,
    root,
  ]);
}

/**
 * Everything in namespaces of its own, so that it goes with its first process: what a container has, except for its
 * network, which is this machine's.
 */
const inside = `set -e
root=$1 uid=$2 mounts=$3; shift 3
mount --make-rprivate /
mount --rbind /dev "$root/dev"
mount -t proc none "$root/proc"
for pair in $mounts; do
  path=$root\${pair%%=*} from=\${pair#*=}
  if [[ -d $from ]]; then mkdir -p "$path"; else mkdir -p "\${path%/*}"; [[ -e $path ]] || : >"$path"; fi
  mount --bind "$from" "$path"
done
# Not in the shell's place: the death of the first process ends all others, and one that changed its user would not be told to die.
chroot --userspec="$uid:$uid" "$root" "$@"
exit $?`;

/** A machine for programs of images: files that they share, and names that lead to it. */
export class ImagePod {
  readonly folder = mkdtempSync(join(tmpdir(), "image-pod-"));
  private readonly running: ChildProcess[] = [];

  constructor(hosts: readonly string[]) {
    chmodSync(this.folder, 0o755);
    writeFileSync(join(this.folder, "hosts"), `127.0.0.1 localhost ${hosts.join(" ")}\n`);
  }

  /** A folder of the pod with files, all of the user's own. */
  folderOf(name: string, uid: number, files: Readonly<Record<string, string>> = {}): string {
    const folder = join(this.folder, name);
    mkdirSync(folder, { recursive: true });
    chownSync(folder, uid, uid);
    for (const [file, content] of Object.entries(files)) {
      writeFileSync(join(folder, file), content, { mode: 0o600 });
      chownSync(join(folder, file), uid, uid);
    }
    return folder;
  }

  private async begin(
    image: string,
    command: readonly string[],
    { mounts = {}, env = {}, uid }: InImage,
  ): Promise<ChildProcess> {
    const root = await imageRoot(image);
    const tmp = join(this.folder, "tmp");
    mkdirSync(tmp, { recursive: true });
    chmodSync(tmp, 0o1777);
    const pairs = Object.entries({ "/tmp": tmp, "/etc/hosts": join(this.folder, "hosts"), ...mounts }).map(
      ([path, from]) => `${path}=${from}`,
    );
    // Copies of one second have their pod's name to tell them apart.
    const variables = {
      PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/postgresql/15/bin",
      HOME: "/tmp",
      HOSTNAME: `pod-x${this.running.length}`,
      ...env,
    };
    const child = spawn(
      "unshare",
      [
        "--mount",
        "--pid",
        "--fork",
        "--kill-child",
        "bash",
        "-c",
        inside,
        "inside",
        root,
        String(uid),
        pairs.join(" "),
        ...command,
      ],
      { env: variables, stdio: ["ignore", "pipe", "pipe"] },
    );
    this.running.push(child);
    return child;
  }

  /** Runs a program to its end. Times of its log lines are left out. */
  async run(image: string, command: readonly string[], how: InImage): Promise<Ended> {
    const child = await this.begin(image, command, how);
    const said = collected(child);
    const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
    return {
      code,
      said: said()
        .replaceAll(/^\d{4}-\S+Z /gm, "")
        .trim(),
    };
  }

  /** Starts a server on a free port, and waits until somebody listens there. Returns the port. */
  async serve(image: string, command: (port: number) => readonly string[], how: InImage): Promise<number> {
    const port = await freePort();
    const child = await this.begin(image, command(port), how);
    const said = collected(child);
    while (!said().match(/ready (for|to accept) connections/i) || child.exitCode !== null) {
      if (child.exitCode !== null)
        throw new Error(`${command(port).join(" ")} ended with ${child.exitCode}: ${said()}`);
      await sleep(20);
    }
    return port;
  }

  /** Ends everything that runs, and removes the files. */
  async end(): Promise<void> {
    await Promise.all(
      this.running
        .filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)
        .map((child) => new Promise((resolve) => child.once("exit", resolve) && child.kill("SIGKILL"))),
    );
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function collected(child: ChildProcess): () => string {
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (data: Buffer) => (said += data.toString()));
  return () => said;
}

/** A port that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
