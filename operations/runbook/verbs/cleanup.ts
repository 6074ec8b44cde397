import { secondsOf } from "../duration.ts";
import { UsageError } from "../errors.ts";
import { type Fact, no, yes } from "../fact.ts";
import { leftovers } from "../leftovers.ts";
import { keepsFiles, oldFiles, removeOldFiles } from "../old-files.ts";
import { size } from "../size.ts";
import type { ActingVerb } from "../verb.ts";

/** Removes what runs have left behind (E15). */
export const cleanup: ActingVerb = {
  kind: "disturbs",
  name: "cleanup",
  summary:
    "Remove what nobody needs: ended Jobs that were run by hand, pods that a node threw out, old evidence, and files that EDI imported long ago. What the stack declares, what runs, and the newest of each kind stay.",
  names: [],
  options: [
    { flags: "--older-than <duration>", description: "only what ended so long ago: 12h, 30d", default: "7d" },
    {
      flags: "--files-older-than <days>",
      description: "imported files of EDI, *.old, of more days than these",
      default: "30",
    },
  ],
  rights: [
    { group: "batch", resource: "cronjobs", verbs: ["list"] },
    { group: "batch", resource: "jobs", verbs: ["list", "delete"] },
    { group: "", resource: "configmaps", verbs: ["list", "delete"] },
    { group: "", resource: "pods", verbs: ["list", "delete"] },
  ],
  more: (target) =>
    keepsFiles(target)
      ? [
          { group: "apps", resource: "deployments", verbs: ["get"] },
          { group: "", resource: "pods/exec", verbs: ["create", "get"] },
        ]
      : [],
  examples: ["cleanup bots-edi", "cleanup bgc-platform --older-than 30d --dry-run"],
  async plan(target, scope, { options }) {
    const { system, namespace } = target;
    const seconds = secondsOf("--older-than", String(options["olderThan"] ?? "7d"));
    const before = new Date(scope.now().getTime() - seconds * 1000);
    const found = await leftovers(namespace, before, scope);
    const days = wholeDays(String(options["filesOlderThan"] ?? "30"));
    const looks = keepsFiles(target) && !scope.simulated;
    const files = looks ? await oldFiles(target, days, scope) : { count: 0, bytes: 0 };
    return {
      changes: [
        ...found.map(({ object, because, at }) => ({
          object,
          from: `${because} since ${at.toISOString().slice(0, 10)}`,
          to: "gone",
        })),
        ...(files.count > 0
          ? [
              {
                object: "imported files",
                from: `${files.count} of more than ${days} days, ${size(files.bytes)}`,
                to: "gone",
              },
            ]
          : []),
      ],
      problems: [],
      before: Object.fromEntries(found.map(({ object, because, at }) => [object, `${because} at ${at.toISOString()}`])),
      steps: [
        ...found.map(({ object, remove }) => ({ name: `remove ${object}`, run: async () => (await remove(), "gone") })),
        ...(files.count > 0
          ? [
              {
                name: "remove imported files",
                run: async (within: typeof scope) => (await removeOldFiles(target, days, within), "gone"),
              },
            ]
          : []),
      ],
      prove: async () => {
        const left = new Set((await leftovers(namespace, before, scope)).map(({ object }) => object));
        const after = looks ? await oldFiles(target, days, scope) : { count: 0 };
        return [
          ...(found.length === 0 ? [yes("leftovers", "there were none")] : []),
          ...found.map(({ object }): Fact => (left.has(object) ? no(object, "is still there") : yes(object, "gone"))),
          ...(looks
            ? [(after.count === 0 ? yes : no)("imported files", `${after.count} of more than ${days} days`)]
            : []),
        ];
      },
      goOn: `what was removed is gone, and the rest is as it was: runbook cleanup ${system} goes on`,
    };
  },
};

function wholeDays(text: string): number {
  if (!/^\d{1,4}$/.test(text)) throw new UsageError(`--files-older-than "${text}" is no number of days`);
  return Number(text);
}
