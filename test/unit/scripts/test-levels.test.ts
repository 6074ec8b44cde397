import test from "ava";
import { closing, levelsOf, notCovered, wantedLevels } from "../../../scripts/support/test-levels.ts";

test("without a name each command runs its own levels in their order, and together they run all", (t) => {
  t.deepEqual(wantedLevels("test", []), ["types", "unit", "policy", "programs"]);
  t.deepEqual(wantedLevels("test:platform", []), ["machine", "integration", "e2e"]);
  t.deepEqual(notCovered([...levelsOf("test"), ...levelsOf("test:platform")]), []);
});

test("levels that are named run in their order, each once", (t) => {
  t.deepEqual(wantedLevels("test", ["programs", "unit", "unit"]), ["unit", "programs"]);
  t.deepEqual(wantedLevels("test:platform", ["e2e"]), ["e2e"]);
});

test("a level of the other command is refused with the command that runs it, and so is a mixture with both", (t) => {
  t.throws(() => wantedLevels("test", ["e2e"]), {
    message: 'e2e is a level of "npm run test:platform" and not of "npm test": run "npm run test:platform -- e2e"',
  });
  t.throws(() => wantedLevels("test:platform", ["unit", "policy"]), {
    message: 'unit, policy are levels of "npm test" and not of "npm run test:platform": run "npm test -- unit policy"',
  });
  t.throws(() => wantedLevels("test", ["unit", "machine"]), {
    message:
      'machine is a level of "npm run test:platform" and not of "npm test": run "npm test -- unit" and "npm run test:platform -- machine"',
  });
});

test("a name that is no level is refused with the levels of both commands, one's own first", (t) => {
  const [node, platform] = [
    '"npm test" has types, unit, policy, programs',
    '"npm run test:platform" has machine, integration, e2e',
  ];
  t.throws(() => wantedLevels("test", ["unit", "units"]), { message: `"units" is not a level: ${node}; ${platform}` });
  t.throws(() => wantedLevels("test:platform", ["toString"]), {
    message: `"toString" is not a level: ${platform}; ${node}`,
  });
});

test("a run says which levels it left out, what they need and the command that runs them alone", (t) => {
  const platform =
    "not covered: machine, integration, e2e. They need root, Debian packages and a platform, which it brings up: npm run test:platform";
  t.deepEqual(notCovered(levelsOf("test")), [platform]);
  t.deepEqual(notCovered(["unit", "programs"]), [
    "not covered: types, policy. They need Node.js alone: npm test -- types policy",
    platform,
  ]);
  t.deepEqual(notCovered(["machine", "e2e"]), [
    "not covered: types, unit, policy, programs. They need Node.js alone: npm test",
    "not covered: integration. They need root, Debian packages and a platform, which it brings up: npm run test:platform -- integration",
  ]);
});

const failure = (title: string, details: readonly string[] = []) => ({ title, details });

test("a run ends with what failed and the first lines of each report, what it left out and its counts, with skipped tests where there are any", (t) => {
  t.deepEqual(
    closing({
      counts: { passed: 12, failed: 0, skipped: 0 },
      failures: [],
      ran: [...levelsOf("test"), ...levelsOf("test:platform")],
    }),
    ["", "12 passed, 0 failed"],
  );
  t.deepEqual(
    closing({
      counts: { passed: 1, failed: 2, skipped: 3 },
      failures: [
        failure("unit: one", ["  values:", ...Array.from({ length: 30 }, (_, index) => `  line ${index}`)]),
        failure("unit: two"),
      ],
      ran: levelsOf("test"),
    }),
    [
      "",
      "failed:",
      "  unit: one",
      "      values:",
      ...Array.from({ length: 19 }, (_, index) => `      line ${index}`),
      "  unit: two",
      "",
      ...notCovered(levelsOf("test")),
      "1 passed, 2 failed, 3 skipped",
    ],
  );
});

test("within the gate a run's counts stand behind its command, so that one line alone is the gate's sum", (t) => {
  t.deepEqual(
    closing(
      { counts: { passed: 12, failed: 1, skipped: 0 }, failures: [failure("unit: one")], ran: levelsOf("test") },
      "test",
    ),
    ["", "failed:", "  unit: one", "", "npm test: 12 passed, 1 failed"],
  );
  t.deepEqual(
    closing(
      { counts: { passed: 3, failed: 0, skipped: 0 }, failures: [], ran: levelsOf("test:platform") },
      "test:platform",
    ),
    ["", "npm run test:platform: 3 passed, 0 failed"],
  );
});
