import test from "ava";
import type { LivingClaim } from "../../../components/changes/living.ts";
import { refusal } from "../../../components/changes/refusal.ts";
import { type DeclaredVolume, volumeChanges } from "../../../components/changes/volumes.ts";

const postgres: DeclaredVolume = {
  namespace: "data",
  claim: "data-postgres",
  per: "pod",
  grownBy: "patch",
  size: { path: "bgc-platform.postgres.storage", value: "3Gi" },
};
const copies: DeclaredVolume = {
  namespace: "data",
  claim: "postgres-backup",
  per: "stack",
  grownBy: "claim",
  size: { path: "bgc-platform.postgres.backup.storage", value: "3Gi" },
};
const claim = (changes: Partial<LivingClaim> = {}): LivingClaim => ({
  namespace: "data",
  name: "data-postgres-0",
  labels: {},
  request: "2Gi",
  capacity: "2Gi",
  storageClass: "fast",
  accessModes: ["ReadWriteOnce"],
  bound: true,
  sizedByStack: false,
  ...changes,
});
const changes = (volumes: readonly DeclaredVolume[], claims: readonly LivingClaim[], ...growing: string[]) =>
  volumeChanges(volumes, { claims, growingClasses: new Set(growing) });
const of = (volume: DeclaredVolume, value: string): DeclaredVolume => ({ ...volume, size: { ...volume.size, value } });
const growth = { namespace: "data", volume: "data-postgres", claim: "data-postgres-0", size: "3Gi" };
const steps = 'docs/day-two.md has the steps, under "Move data to another volume"';

test("claims as they are declared, in whatever unit, and claims that are not there ask for nothing", (t) => {
  t.deepEqual(changes([of(postgres, "2Gi")], [claim()]), { problems: [], growths: [] });
  t.deepEqual(changes([of(postgres, "2Gi")], [claim({ request: "2147483648" })]), { problems: [], growths: [] });
  t.deepEqual(changes([postgres, copies], [], "fast"), { problems: [], growths: [] });
  const others = [
    claim({ namespace: "platform" }),
    claim({ name: "data-postgres" }),
    claim({ name: "data-postgres-new-0" }),
    claim({ name: "other-data-postgres-0" }),
    claim({ name: "data-postgres-0a" }),
  ];
  t.deepEqual(changes([postgres, copies], others), { problems: [], growths: [] });
});

test("a StatefulSet's claims grow one by one where their class can, and go on being set once they have grown", (t) => {
  t.deepEqual(changes([postgres], [claim()], "fast"), { problems: [], growths: [growth] });
  t.deepEqual(changes([postgres], [claim({ request: "3Gi", capacity: "3Gi", sizedByStack: true })], "fast"), {
    problems: [],
    growths: [growth],
  });
  t.deepEqual(
    changes([postgres], [claim({ request: "3Gi" })], "fast").growths,
    [],
    "grown by hand: there is nothing to do",
  );
  t.deepEqual(changes([postgres], [claim(), claim({ name: "data-postgres-12", request: "3Gi" })], "fast").growths, [
    growth,
  ]);
});

test("a claim that is declared itself grows by its own update", (t) => {
  t.deepEqual(changes([copies], [claim({ name: "postgres-backup" })], "fast"), { problems: [], growths: [] });
});

test("growth is refused where the class cannot, with the setting, both sizes, the class and the way", (t) => {
  const refused = (name: string, path: string) =>
    `${path}: is 3Gi, and claim ${name} in data asks for 2Gi. Its storage class "local-path" does not let volumes grow (allowVolumeExpansion). Write 2Gi, or move the data to a larger volume: ${steps}`;
  const local = { storageClass: "local-path" };
  t.deepEqual(
    changes([postgres, copies], [claim(local), claim({ ...local, name: "postgres-backup" })], "fast").problems,
    [
      refused("data-postgres-0", "bgc-platform.postgres.storage"),
      refused("postgres-backup", "bgc-platform.postgres.backup.storage"),
    ],
  );
  const { storageClass: _, ...none } = claim();
  t.deepEqual(changes([postgres], [none], "fast").problems, [
    `bgc-platform.postgres.storage: is 3Gi, and claim data-postgres-0 in data asks for 2Gi. It has no storage class, and such volumes do not grow. Write 2Gi, or move the data to a larger volume: ${steps}`,
  ]);
});

test("a volume never shrinks, but a growth that has not happened is taken back", (t) => {
  const refused = (has: string) => [
    `bgc-platform.postgres.storage: is 3Gi, and claim data-postgres-0 in data asks for ${has}. A volume never shrinks. Write ${has} or more, or move the data to a smaller volume: ${steps}`,
  ];
  t.deepEqual(changes([postgres], [claim({ request: "4Gi", capacity: "4Gi" })], "fast").problems, refused("4Gi"));
  t.deepEqual(changes([postgres], [claim({ request: "4000Mi", capacity: "3Gi" })], "fast").problems, refused("4000Mi"));
  t.deepEqual(changes([postgres], [claim({ request: "300Gi", capacity: "2Gi", sizedByStack: true })], "fast"), {
    problems: [],
    growths: [growth],
  });
});

test("a claim that waits for its volume cannot change before it has one", (t) => {
  const { capacity: _, ...waiting } = claim({ bound: false });
  t.deepEqual(changes([postgres], [waiting], "fast").problems, [
    "bgc-platform.postgres.storage: is 3Gi, and claim data-postgres-0 in data asks for 2Gi. It is not bound to a volume yet, and cannot change before. Write 2Gi until it is, or delete the claim if nothing is on it",
  ]);
});

test("another storage class is refused for claims that have one, and no class at all leaves them theirs", (t) => {
  const volume = { ...of(postgres, "2Gi"), storageClass: { path: "storageClass", value: "fast" } };
  t.deepEqual(changes([volume], [claim()]), { problems: [], growths: [] });
  t.deepEqual(changes([of(postgres, "2Gi")], [claim({ storageClass: "slow" })]), { problems: [], growths: [] });
  t.deepEqual(changes([volume], [claim({ storageClass: "slow" })]).problems, [
    `storageClass: is "fast", and claim data-postgres-0 in data has "slow". A volume keeps its storage class. Write "slow", or move the data to a volume of the other class: ${steps}`,
  ]);
  const { storageClass: _, ...none } = claim();
  t.deepEqual(changes([volume], [none]).problems, [
    `storageClass: is "fast", and claim data-postgres-0 in data has none. A volume keeps its storage class. Remove the setting, or move the data to a volume of the other class: ${steps}`,
  ]);
  t.deepEqual(
    changes(
      [volume],
      [
        claim({ storageClass: "slow" }),
        claim({ name: "data-postgres-1", storageClass: "slow" }),
        claim({ name: "data-postgres-2" }),
      ],
    ).problems,
    [
      `storageClass: is "fast", and 2 claims have "slow": data-postgres-0 in data, data-postgres-1 in data. A volume keeps its storage class. Write "slow", or move the data to a volume of the other class: ${steps}`,
    ],
  );
});

test("another access mode and another source of a volume are refused", (t) => {
  const path = "bots-edi.data.sharedStorageClass";
  const data = {
    ...of(copies, "2Gi"),
    namespace: "edi",
    claim: "bots-edi-data-pvc",
    accessMode: { path, value: "ReadWriteMany" },
    source: { path: "bots-edi.data.snapshot", value: "monday" },
  };
  const living = claim({ namespace: "edi", name: "bots-edi-data-pvc" });
  t.deepEqual(changes([data], [{ ...living, accessModes: ["ReadWriteMany"], source: "monday" }]).problems, []);
  const named = "claim bots-edi-data-pvc in edi";
  const restore =
    'A claim is filled only when it is made. Remove the setting, or restore into a new claim under another name: docs/day-two.md has the steps, under "Restore EDI\'s volume from a snapshot"';
  t.deepEqual(changes([data], [living]).problems, [
    `${path}: makes volumes ReadWriteMany, and ${named} is ReadWriteOnce. A volume keeps its access mode. Set it as it was, or move the data to another volume: ${steps}`,
    `bots-edi.data.snapshot: is "monday", and ${named} was made empty. ${restore}`,
  ]);
  t.deepEqual(changes([data], [{ ...living, accessModes: ["ReadWriteMany"], source: "sunday" }]).problems, [
    `bots-edi.data.snapshot: is "monday", and ${named} was filled from "sunday". ${restore}`,
  ]);
  const { source: _, ...plain } = data;
  t.deepEqual(
    changes([plain], [{ ...living, accessModes: ["ReadWriteMany"], source: "sunday" }]).problems,
    [],
    "a source that is no longer named is history",
  );
});

test("growth that the namespace's quota does not hold is refused, with all that its claims ask for", (t) => {
  const quota = { namespace: "data", size: { path: "bgc-platform.quota.storage", value: "4Gi" } };
  const living = {
    claims: [
      claim(),
      claim({ name: "postgres-backup" }),
      claim({ namespace: "edi", name: "bots-backup-pvc", request: "900Gi" }),
    ],
    growingClasses: new Set(["fast"]),
  };
  t.deepEqual(volumeChanges([postgres, of(copies, "2Gi")], living, [quota]).problems, [
    "bgc-platform.quota.storage: is 4Gi, and the claims in data would ask for 5Gi. Write 5Gi or more",
  ]);
  t.deepEqual(
    volumeChanges([postgres, of(copies, "2Gi")], living, [{ ...quota, size: { ...quota.size, value: "5Gi" } }])
      .problems,
    [],
  );
  t.deepEqual(
    volumeChanges([of(postgres, "2Gi"), of(copies, "2Gi")], living, [
      { ...quota, size: { ...quota.size, value: "1Gi" } },
    ]).problems,
    [],
    "what is there stays, and nothing new is asked for",
  );
});

test("one error has every problem on a line", (t) => {
  t.is(
    refusal(["a: one"]),
    "the stack's configuration asks for 1 change that what runs cannot take, and nothing was changed:\n  a: one",
  );
  t.is(
    refusal(["a: one", "b: two"]),
    "the stack's configuration asks for 2 changes that what runs cannot take, and nothing was changed:\n  a: one\n  b: two",
  );
});
