import { run } from "../shell.ts";
import { nft } from "./packages.ts";
import { addresses } from "./settings.ts";

/** The table of packet rules, as nft names it. */
export const guardTable = "inet platform-guard";

/**
 * Packet rules that close the cluster to the machine's network. The machine forwards packets for its pods, so a
 * neighbour could route
 * to them: Kafka and others ask for no login. This machine and the pods reach everything; a neighbour gets answers to
 * what a pod
 * asked, and nothing else. The API server and the kubelet are closed to neighbours alike.
 */
export const guardRules = `
table ${guardTable}
delete table ${guardTable}
table ${guardTable} {
  chain input {
    type filter hook input priority -10; policy accept;
    iifname "lo" accept
    iifname "veth*" ip saddr ${addresses.pods} accept
    tcp dport ${addresses.apiPort} drop
    ip daddr { ${addresses.pods}, ${addresses.services} } drop
  }
  chain forward {
    type filter hook forward priority -10; policy accept;
    ip daddr != { ${addresses.pods}, ${addresses.services} } accept
    ct state established,related accept
    iifname "veth*" ip saddr ${addresses.pods} accept
    drop
  }
}
`;

/** Puts the rules in place, or back in place, in one step. */
export const closeToNeighbours = (): Promise<string> => run(nft, ["-f", "-"], { input: guardRules });
