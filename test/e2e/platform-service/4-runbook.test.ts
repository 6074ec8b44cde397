import test from "ava";
import { kubectl } from "../../support/cluster.ts";
import { actsWell, looksWell } from "../../support/live-runbook.ts";

const system = "platform-service";
const namespace = "platform";

interface Listed {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly managedFields: readonly { readonly manager: string; readonly fieldsV1: Record<string, unknown> }[];
  };
  readonly spec: { readonly replicas?: number };
}

/**
 * What an update compares and may change: each declared field, and which of them the stack owns. How many pods an
 * autoscaler has is no part of it.
 */
async function declared(): Promise<object[]> {
  const kinds = "deployments,statefulsets,horizontalpodautoscalers,ingresses,cronjobs,services,networkpolicies";
  const { items } = JSON.parse(await kubectl("get", kinds, "-n", namespace, "-o", "json", "--show-managed-fields")) as {
    items: Listed[];
  };
  return items.map(({ kind, metadata: { name, annotations = {}, managedFields }, spec: { replicas: _, ...spec } }) => ({
    name: `${kind} ${name}`,
    notes: Object.keys(annotations).filter((key) => key.startsWith("production-platform/before-")),
    spec,
    owned: managedFields
      .filter(({ manager }) => manager.startsWith("pulumi") || manager === "runbook")
      .map(({ manager, fieldsV1 }) => ({ manager, fields: fieldsV1["f:spec"] })),
  }));
}
const pods = () => kubectl("get", "pods", "-n", namespace, "-l", "app=platform-service", "-o", "name");

test.serial(
  "all holds that a release needs, the day is reported, and the audit log says who did what (G12, P07)",
  async (t) => {
    await looksWell(t, ["preflight", system], ["report", system], ["audit", system, "--events"]);
  },
);

test.serial(
  "scale holds the service at one more pod, and auto leaves nothing that an update would change (P02)",
  async (t) => {
    const before = await declared();
    const most = Number(await kubectl("get", "hpa", system, "-n", namespace, "-o", "jsonpath={.spec.maxReplicas}"));
    const now = (await pods()).split("\n").length;
    t.true(now < most, `${now} of ${most} pods leave room for one more`);
    await actsWell(t, namespace, "scale", system, system, String(now + 1));
    t.true((await pods()).split("\n").length > now);
    await actsWell(t, namespace, "scale", system, system, "auto");
    t.deepEqual(await declared(), before);
  },
);
