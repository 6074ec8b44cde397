import { ComponentResource, type CustomResourceOptions } from "@pulumi/pulumi";
import test from "ava";
import { dataVolume } from "../../../components/systems/bots-edi/data-volume.ts";
import type { SystemContext } from "../../../components/systems/target.ts";
import { declaredBy } from "../../support/stack-variant.ts";

test("a claim that exists is never asked to be filled from another snapshot, which would fail every update (E11)", async (t) => {
  const options: Record<string, CustomResourceOptions> = {};
  const note = ({ name, opts }: { name: string; opts: CustomResourceOptions }) => void (options[name] = opts);
  const data = {
    claimName: "bots-edi-data-pvc",
    snapshot: "bots-data-snapshot-20260204",
    storage: "20Gi",
    sharedStorageClass: "t1-shiva-nfs",
  } as const;
  const [claim] = await declaredBy(() =>
    dataVolume(data, { storage: {}, retainData: true } as SystemContext, {
      parent: new ComponentResource("test:Parent", "parent", {}, { transformations: [note] }),
    }),
  );
  t.deepEqual(claim!["spec"], {
    accessModes: ["ReadWriteMany"],
    storageClassName: "t1-shiva-nfs",
    dataSource: { apiGroup: "snapshot.storage.k8s.io", kind: "VolumeSnapshot", name: "bots-data-snapshot-20260204" },
    resources: { requests: { storage: "20Gi" } },
  });
  t.deepEqual(options["bots-edi-data-pvc"]!.ignoreChanges, ["spec.storageClassName", "spec.dataSource"]);
  t.true(options["bots-edi-data-pvc"]!.retainOnDelete);
});
