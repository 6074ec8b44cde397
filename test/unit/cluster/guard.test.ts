import test from "ava";
import { guardRules } from "../../../cluster/local/guard.ts";

const chain = (name: string): string[] =>
  (new RegExp(`chain ${name} \\{\\n([^}]*(?:\\{[^}]*\\}[^}]*)*?)\\n  \\}`).exec(guardRules)?.[1] ?? "")
    .split("\n")
    .map((line) => line.trim());

test("what the machine forwards reaches the cluster's ranges from pods, or as an answer to one", (t) => {
  t.deepEqual(chain("forward"), [
    "type filter hook forward priority -10; policy accept;",
    "ip daddr != { 10.88.0.0/16, 10.89.0.0/16 } accept",
    "ct state established,related accept",
    'iifname "veth*" ip saddr 10.88.0.0/16 accept',
    "drop",
  ]);
});

test("the API server's port and the node's addresses are for this machine and its pods", (t) => {
  t.deepEqual(chain("input"), [
    "type filter hook input priority -10; policy accept;",
    'iifname "lo" accept',
    'iifname "veth*" ip saddr 10.88.0.0/16 accept',
    "tcp dport 16443 drop",
    "ip daddr { 10.88.0.0/16, 10.89.0.0/16 } drop",
  ]);
});
