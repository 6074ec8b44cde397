import { existsSync } from "node:fs";
import { run, succeeds } from "../shell.ts";
import { iptables, nft } from "./packages.ts";
import { addresses } from "./settings.ts";

/**
 * Queues of the kernel in which the first packets of connections wait for the policy engine: all of them, and those
 * that pods send in their first seconds.
 */
export const queues = { first: 100, young: 101 } as const;

type Table = "mangle" | "filter";
const chains = { policies: "PLATFORM-POLICIES", young: "PLATFORM-YOUNG", probe: "PLATFORM-PROBE" } as const;
/** The mark that the policy engine sets on packets of young pods. */
const refused = "0x4000/0x4000";

// Where nobody listens on a queue its packets pass: a policy engine that died closes nothing. The cluster's status says
// so.
const queued = (number: number) => `-j NFQUEUE --queue-num ${number} --queue-bypass`;

/**
 * Rules of our own chains. They see a packet after a Service's address was replaced by a pod's, and before the sender's
 * is.
 */
const own = {
  [chains.policies]: [
    // A node reaches each of its pods, whatever the policies say: its probes have to.
    "-m addrtype --src-type LOCAL -j RETURN",
    "-m conntrack --ctstate ESTABLISHED,RELATED -j RETURN",
    `-s ${addresses.pods} ${queued(queues.first)}`,
    `-d ${addresses.pods} ${queued(queues.first)}`,
  ],
  [chains.young]: [`-s ${addresses.pods} -m conntrack --ctstate NEW ${queued(queues.young)}`],
};

/** Rules in the kernel's chains that lead to ours. */
const always: readonly (readonly [Table, string])[] = [
  ["mangle", `POSTROUTING -j ${chains.policies}`],
  // From pods to the node itself, to the API server above all.
  ["mangle", `INPUT ! -i lo -s ${addresses.pods} -j ${chains.policies}`],
];
const whileYoung: readonly (readonly [Table, string])[] = [
  ["mangle", `FORWARD -j ${chains.young}`],
  ["filter", `FORWARD -m mark --mark ${refused} -j REJECT`],
];

const rule = (table: Table, action: "-A" | "-C" | "-D", text: string) => [
  "-w",
  "-t",
  table,
  action,
  ...text.split(" "),
];
const isThere = (table: Table, text: string) => succeeds(iptables, rule(table, "-C", text));

/**
 * Fills chains of ours in one step: packets pass by the old rules or by the new ones. Throws with iptables' words where
 * the kernel cannot.
 */
const fill = (chain: string, rules: readonly string[]) =>
  run(`${iptables}-restore`, ["-w", "--noflush"], {
    input: `*mangle\n:${chain} - [0:0]\n${rules.map((text) => `-A ${chain} ${text}\n`).join("")}COMMIT\n`,
  });

/**
 * Puts the rules in place, or back in place; with `young` also those that refuse what pods send in their first seconds.
 */
export async function placeRules(young: boolean): Promise<void> {
  await fill(chains.policies, own[chains.policies]);
  for (const [table, text] of always) if (!(await isThere(table, text))) await run(iptables, rule(table, "-A", text));
  if (!young) return remove(whileYoung, chains.young);
  await fill(chains.young, own[chains.young]);
  for (const [table, text] of whileYoung)
    if (!(await isThere(table, text))) await run(iptables, rule(table, "-A", text));
}

/** Whether the rules are in place. */
export const rulesArePlaced = async (): Promise<boolean> =>
  (await Promise.all(always.map(([table, text]) => isThere(table, text)))).every(Boolean);

/** Removes the rules, and the tables in which nobody has a rule: they were made for ours. */
export async function removeRules(): Promise<void> {
  await remove(whileYoung, chains.young);
  await remove(always, chains.policies);
  for (const table of ["mangle", "filter"] satisfies Table[]) {
    const used = (await run(`${iptables}-save`, ["-t", table]).catch(() => ""))
      .split("\n")
      .some((line) => line.startsWith("-A ") || /^:\S+ - /.test(line));
    if (!used) await succeeds(nft, ["delete", "table", "ip", table]);
  }
}

async function remove(leading: typeof always, chain: string): Promise<void> {
  for (const [table, text] of leading) while (await isThere(table, text)) await run(iptables, rule(table, "-D", text));
  for (const action of ["-F", "-X"]) await succeeds(iptables, ["-w", "-t", "mangle", action, chain]);
}

/** Our chains that are there, as `iptables chain NAME`. */
export async function placedChains(): Promise<string[]> {
  if (!existsSync(iptables)) return [];
  const listed = await run(`${iptables}-save`, ["-t", "mangle"]).catch(() => "");
  return Object.values(chains)
    .filter((chain) => listed.includes(`:${chain} `))
    .map((chain) => `iptables chain ${chain}`);
}

/** Why this kernel cannot hand packets to a policy engine; undefined where it can. */
export async function whyNoQueue(): Promise<string | undefined> {
  try {
    await fill(chains.probe, own[chains.policies]);
    return undefined;
  } catch (error) {
    return `this kernel takes no rule that hands packets to the policy engine: ${(error as Error).message.split("\n").at(-1)}`;
  } finally {
    await remove([], chains.probe);
  }
}
