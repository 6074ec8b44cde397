import { existsSync, rmSync, writeFileSync } from "node:fs";
import { type Print, step } from "../progress.ts";
import { run, succeeds } from "../shell.ts";
import { undoing } from "../undo.ts";

/**
 * Debian packages of a real node and of the image builds, each with a file that shows it is installed. Debian 12 and 13
 * have all of them by these names.
 */
export const packages = {
  containerd: "/usr/bin/containerd",
  runc: "/usr/sbin/runc",
  "containernetworking-plugins": "/usr/lib/cni/ptp",
  nftables: "/usr/sbin/nft",
  iptables: "/usr/sbin/iptables",
  conntrack: "/usr/sbin/conntrack",
  iproute2: "/bin/ip",
  mmdebstrap: "/usr/bin/mmdebstrap",
  // What Debian's packages are signed with: Ubuntu has mmdebstrap without it.
  "debian-archive-keyring": "/usr/share/keyrings/debian-archive-keyring.gpg",
} as const;

/** The packet filter's program. */
export const nft = packages.nftables;
/** What hands packets to a queue: nft's own rules for that are not in every kernel. */
export const iptables = packages.iptables;

/** Why a real node cannot run on this machine; undefined when it can. */
export function whyNoRealNode(): string | undefined {
  if (process.platform !== "linux") return `this is ${process.platform}, and a kubelet needs Linux`;
  if (process.getuid?.() !== 0) return "a kubelet and containerd need root";
  if (missingPackages().length > 0 && !existsSync("/usr/bin/apt-get"))
    return `${missingPackages().join(", ")} are missing and there is no apt-get to install them`;
  return undefined;
}

const missingPackages = (): string[] =>
  Object.entries(packages)
    .filter(([, file]) => !existsSync(file))
    .map(([name]) => name);

/** Installs what is missing of them. */
export async function ensurePackages(print: Print): Promise<void> {
  const missing = missingPackages();
  if (missing.length > 0) await install(missing, print);
}

/** Installs Maven where there is no `mvn` on PATH; only the build of an image with jars needs it. */
export async function ensureMaven(print: Print): Promise<void> {
  if (!(await succeeds("mvn", ["--version"]))) await install(["maven"], print);
}

/** Installs packages. Debian's own containerd service is kept from starting: the cluster runs one of its own. */
const install = (names: readonly string[], print: Print): Promise<void> =>
  step(`Debian packages ${names.join(", ")}`, print, async () => {
    const env = { DEBIAN_FRONTEND: "noninteractive" };
    await run("apt-get", ["update", "-q"], { env });
    const policy = "/usr/sbin/policy-rc.d";
    const ours = !existsSync(policy);
    const restore = () => ours && rmSync(policy, { force: true });
    await undoing(restore, async () => {
      if (ours) writeFileSync(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
      await run("apt-get", ["install", "-y", "-q", "--no-install-recommends", "--no-remove", ...names], { env });
    });
  });
