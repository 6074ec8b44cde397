import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test from "ava";
import { buildPrograms, programPath } from "../../cluster/build.ts";
import { clusterPrograms, type Program, pulumiPrograms, simulator } from "../../cluster/pins.ts";
import { systemEnvironment } from "../../cluster/shell.ts";
import { checkout } from "../../scripts/support/checkout.ts";

const user = "platform-test";
const sh = (line: string, ...args: string[]) =>
  execFileSync("bash", ["-ec", line, "bash", ...args], {
    encoding: "utf8",
    cwd: checkout,
    env: systemEnvironment(),
    maxBuffer: 2 ** 26,
  });

/** A folder with a home, a checkout and the built programs, all for a user who is nobody else's. */
function ground(): string {
  const folder = mkdtempSync(join(tmpdir(), "ordinary-user-"));
  chmodSync(folder, 0o755);
  sh(
    'mkdir "$1/home" "$1/checkout"; git ls-files --cached --others --exclude-standard -z | xargs -0 ls -d 2>/dev/null | tar cf - -T - | tar xf - -C "$1/checkout"',
    folder,
  );
  // Two systems have every kind of volume, job and autoscaler; the engine writes its whole state after each step, so
  // five take ten times as long.
  sh(`sed -i 's/:systems: .*/:systems: ["bgc-platform", "bots-edi"]/' "$1/checkout/Pulumi.dev.yaml"`, folder);
  sh(`chown -R ${user} "$1/home" "$1/checkout"`, folder);
  // Docker never answers, and the other programs fail at once. The project must not need any of them.
  sh(
    'mkdir "$1/broken"; cd "$1/broken"; printf "#!/bin/sh\\nexec sleep 600\\n" >docker; printf "#!/bin/sh\\necho broken; exit 1\\n" | tee kubectl k3d kind pulumi pulumi-language-nodejs >pulumi-resource-kubernetes; chmod +x *',
    folder,
  );
  // Links, not copies, so their owner stays; a folder on another disk is copied.
  const share = (from: string, to: string) =>
    sh('mkdir -p "$(dirname "$2")"; cp -al "$1" "$2" 2>/dev/null || { rm -rf "$2"; cp -a "$1" "$2"; }', from, to);
  share(join(checkout, "node_modules"), join(folder, "checkout/node_modules"));
  for (const program of programs)
    share(
      dirname(programPath(program)),
      join(folder, "cache/programs", dirname(programPath(program)).split("/").at(-1)!),
    );
  const { uid, gid } = ids();
  for (const place of ["cache", "cache/programs"]) chownSync(join(folder, place), uid, gid);
  return folder;
}

const programs: readonly Program[] = [simulator, ...clusterPrograms, ...pulumiPrograms];
const ids = () => ({ uid: Number(sh(`id -u ${user}`)), gid: Number(sh(`id -g ${user}`)) });

/**
 * What the user types, in a network of this test's own: neither ports nor links are those of the machine. Each
 * command's output goes to a file, with its exit code.
 */
const session = `
ip link set lo up
cd "$1/checkout"
as() { setpriv --reuid=${user} --regid="$(id -g ${user})" --clear-groups env HOME="$1/home" USER=${user} PATH="$1/broken":/usr/bin:/bin PLATFORM_CACHE="$1/cache" XDG_STATE_HOME="$1/home/state" "\${@:2}"; }
say() { local file=$1; shift; { "$@" 2>&1; echo "exit $?"; } >"$folder/$file"; }
folder=$1
as "$1" "$2" -e 'require("node:net").createServer().listen(16443, "127.0.0.1", () => console.log("listens")); setTimeout(() => process.exit(), 60000)' >"$1/listener" 2>&1 &
until grep -qs listens "$1/listener"; do sleep 0.2; done
say taken as "$1" "$2" scripts/run.mjs cluster up
pkill -KILL -u ${user}
say up as "$1" "$2" scripts/run.mjs up
kubectl=$(ls "$1"/cache/bin/*/kubectl)
say claims as "$1" "$kubectl" --kubeconfig .state/stacks/dev/kubeconfig get persistentvolumeclaims -A --no-headers -o "custom-columns=:.metadata.name,:.status.phase"
say jobs as "$1" "$kubectl" --kubeconfig .state/stacks/dev/kubeconfig get jobs -A --no-headers -o "custom-columns=:.metadata.name,:.status.conditions[*].type"
say again as "$1" "$2" scripts/run.mjs up
say down as "$1" "$2" scripts/run.mjs down --purge
# A process that has ended stays in the list, marked with Z, until its parent notices.
say left bash -c 'ps -u ${user} -o stat=,args= | grep -v "^Z"'
`;

test("an ordinary user without root, with a broken Docker, kubectl and Pulumi on PATH, brings two systems up on a simulated node, again without a change, and down without a trace", async (t) => {
  t.timeout(20 * 60_000);
  await buildPrograms(programs, () => {});
  sh(`id ${user} 2>/dev/null >&2 || useradd --no-create-home --shell /bin/bash ${user}`);
  const folder = ground();
  t.teardown(() => {
    sh(`pkill -KILL -u ${user} || true; userdel ${user}`);
    rmSync(folder, { recursive: true, force: true });
  });
  writeFileSync(join(folder, "session"), session);
  execFileSync(
    "unshare",
    ["--net", "bash", join(folder, "session"), folder, join(folder, "checkout/node_modules/node/bin/node")],
    { env: systemEnvironment(), stdio: ["ignore", "inherit", "inherit"] },
  );
  const said = (name: string) => sh('cat "$1"', join(folder, name));

  t.regex(
    said("taken"),
    /^the API server cannot start: port 16443 of 127\.0\.0\.1 is another program's, such as that of another user's local cluster\. End it, or use a k3d or kind cluster\nexit 1$/m,
  );

  const up = said("up");
  t.regex(
    up,
    /^no real node: a kubelet and containerd need root\. The node is simulated: pods seem to run, and no container does$/m,
  );
  t.regex(up, /^The platform is declared on a simulated node, where no container runs \(\d+ s\)\.$/m);
  t.regex(up, /^done: \d+ created \(.*\)$/m);
  t.regex(up, /exit 0\n$/);
  const claims = said("claims").trim().split("\n");
  t.true(claims.length > 5, claims.join("\n"));
  t.deepEqual(
    claims.filter((line) => !line.endsWith(" Bound")).map((line) => line.replace(/\s+/, " ")),
    ["exit 0"],
  );
  t.deepEqual(
    said("jobs")
      .trim()
      .split("\n")
      .filter((line) => !line.includes("Complete")),
    ["exit 0"],
  );

  t.regex(said("again"), /^done: \d+ unchanged \(.*\)$[\s\S]*exit 0\n$/m);
  t.regex(said("down"), /exit 0\n$/);
  t.is(said("left"), "exit 1\n", "no process of the user's runs");
  t.deepEqual(readdirSync(join(folder, "home/state/production-platform")), []);
});
