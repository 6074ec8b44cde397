import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";

/** Kubernetes' own Pod Security admission. */
export const podSecurityModule = "k8s.io/pod-security-admission";

/** Runs Go outside of any module, and gives what it prints. Throws where it fails. */
export function go(...args: string[]): string {
  return execFileSync("go", ["-C", tmpdir(), ...args], {
    encoding: "utf8",
    env: { ...process.env, GOFLAGS: "-mod=mod" },
  });
}

/** The newest version of the module that is no preview: `v0.37.2`. */
export function newestRelease(): string {
  const { Versions = [] } = JSON.parse(go("list", "-m", "-versions", "-json", `${podSecurityModule}@latest`)) as {
    Versions?: readonly string[];
  };
  const releases = Versions.filter((version) => !version.includes("-"));
  const newest = releases.at(-1);
  if (newest === undefined) throw new Error(`the Go proxy knows no release of ${podSecurityModule}`);
  return newest;
}
