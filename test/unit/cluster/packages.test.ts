import test from "ava";
import { containerdConfig } from "../../../cluster/local/node.ts";
import { packages } from "../../../cluster/local/packages.ts";

/** Versions in the package lists of the releases (main, amd64). */
const releases = {
  "Debian 12": {
    containerd: "1.6.20",
    runc: "1.1.5",
    "containernetworking-plugins": "1.1.1",
    nftables: "1.0.6",
    iptables: "1.8.9",
    conntrack: "1.4.7",
    iproute2: "6.1.0",
    mmdebstrap: "1.3.5",
    "debian-archive-keyring": "2023.3",
    maven: "3.8.7",
  },
  "Debian 13": {
    containerd: "1.7.24",
    runc: "1.1.15",
    "containernetworking-plugins": "1.1.1",
    nftables: "1.1.3",
    iptables: "1.8.11",
    conntrack: "1.4.8",
    iproute2: "6.15.0",
    mmdebstrap: "1.5.7",
    "debian-archive-keyring": "2025.1",
    maven: "3.9.9",
  },
} as const;

test("every package that a real node or an image needs is in the lists of each supported release", (t) => {
  for (const [release, versions] of Object.entries(releases)) {
    t.deepEqual(
      [...Object.keys(packages), "maven"].filter((name) => !Object.hasOwn(versions, name)),
      [],
      release,
    );
  }
});

test("containerd's configuration is written in a version that each release's containerd reads", (t) => {
  t.regex(containerdConfig(), /^version = 2$/m);
  for (const { containerd } of Object.values(releases)) {
    const [major = 0, minor = 0] = containerd.split(".").map(Number);
    t.true(major === 2 || (major === 1 && minor >= 3), containerd);
  }
});
