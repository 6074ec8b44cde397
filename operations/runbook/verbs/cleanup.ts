import { secondsOf } from "../duration.ts";
import { type Fact, no, yes } from "../fact.ts";
import { leftovers } from "../leftovers.ts";
import type { ActingVerb } from "../verb.ts";

/** Removes what runs have left behind (E15). */
export const cleanup: ActingVerb = {
  kind: "disturbs",
  name: "cleanup",
  summary:
    "Remove what nobody needs: ended Jobs that were run by hand, pods that a node threw out, and old evidence. What the stack declares, what runs, and the newest of each kind stay.",
  names: [],
  options: [{ flags: "--older-than <duration>", description: "only what ended so long ago: 12h, 30d", default: "7d" }],
  rights: [
    { group: "batch", resource: "cronjobs", verbs: ["list"] },
    { group: "batch", resource: "jobs", verbs: ["list", "delete"] },
    { group: "", resource: "configmaps", verbs: ["list", "delete"] },
    { group: "", resource: "pods", verbs: ["list", "delete"] },
  ],
  examples: ["cleanup bots-edi", "cleanup bgc-platform --older-than 30d --dry-run"],
  async plan({ system, namespace }, scope, { options }) {
    const seconds = secondsOf("--older-than", String(options["olderThan"] ?? "7d"));
    const before = new Date(scope.now().getTime() - seconds * 1000);
    const found = await leftovers(namespace, before, scope);
    return {
      changes: found.map(({ object, because, at }) => ({
        object,
        from: `${because} since ${at.toISOString().slice(0, 10)}`,
        to: "gone",
      })),
      problems: [],
      before: Object.fromEntries(found.map(({ object, because, at }) => [object, `${because} at ${at.toISOString()}`])),
      steps: found.map(({ object, remove }) => ({
        name: `remove ${object}`,
        run: async () => (await remove(), "gone"),
      })),
      prove: async () => {
        const left = new Set((await leftovers(namespace, before, scope)).map(({ object }) => object));
        return found.length === 0
          ? [yes("leftovers", "there were none")]
          : found.map(({ object }): Fact => (left.has(object) ? no(object, "is still there") : yes(object, "gone")));
      },
      goOn: `what was removed is gone, and the rest is as it was: runbook cleanup ${system} goes on`,
    };
  },
};
