import test from "ava";
import { parseImage } from "../../../policies/model/image-reference.ts";
import { parseQuantity, parseRedisMemory, quantityHint } from "../../../settings/quantity.ts";
import { selects } from "../../../policies/model/label-selectors.ts";

test("quantities are numbers of bytes and cores", (t) => {
  const read = ["512Mi", "1.5Gi", "500m", "2", 0.5, "1e3", "12E6", "1k", "1E", ".5"].map(parseQuantity);
  t.deepEqual(read, [536870912, 1610612736, 0.5, 2, 0.5, 1000, 12e6, 1000, 1e18, 0.5]);
});

test("what Kubernetes refuses is no quantity", (t) => {
  t.deepEqual(["", "Mi", "512mb", "1 Gi", "ten", undefined, null, "1Kii"].map(parseQuantity), Array(8).fill(undefined));
});

test("a unit that Kubernetes does not know comes with the two that may be meant", (t) => {
  t.deepEqual(["500K", "512MB", "1gb", "64kb", "1.5 GiB"].map(quantityHint), [
    ": write 500k or 500Ki",
    ": write 512M or 512Mi",
    ": write 1G or 1Gi",
    ": write 64k or 64Ki",
    ": write 1.5G or 1.5Gi",
  ]);
  t.deepEqual(["500k", "500Ki", "1M", "500m", "0", "ten", "1Kii"].map(quantityHint), Array(7).fill(""));
});

test("Redis' sizes know k from kb, in any case", (t) => {
  t.deepEqual(
    ["512mb", "1GB", "1g", "100", "64k", "64kb", "10b"].map(parseRedisMemory),
    [536870912, 1073741824, 1e9, 100, 64000, 65536, 10],
  );
  t.deepEqual(["512Mi", "$(MAX)", "-1", ""].map(parseRedisMemory), [undefined, undefined, undefined, undefined]);
});

test("a registry's port is no tag", (t) => {
  t.deepEqual(parseImage("localhost:5000/x"), { repository: "localhost:5000/x", name: "x" });
  t.deepEqual(parseImage("localhost:5000/team/x:v1"), { repository: "localhost:5000/team/x", name: "x", tag: "v1" });
  t.deepEqual(parseImage("postgres"), { repository: "postgres", name: "postgres" });
  t.deepEqual(parseImage("r.io/x:v1@sha256:ab"), { repository: "r.io/x", name: "x", tag: "v1", digest: "sha256:ab" });
});

test("selectors match as Kubernetes does", (t) => {
  const labels = { app: "api", tier: "web" };
  const expression = (key: string, operator: string, values?: string[]) =>
    selects({ matchExpressions: [{ key, operator, ...(values && { values }) }] }, labels);
  t.true(selects({}, labels));
  t.false(selects(undefined, labels));
  t.true(selects({ matchLabels: { app: "api" } }, labels));
  t.false(selects({ matchLabels: { app: "api", tier: "db" } }, labels));
  t.deepEqual(
    [expression("app", "In", ["api"]), expression("app", "In", ["db"]), expression("zone", "In", ["a"])],
    [true, false, false],
  );
  t.deepEqual(
    [expression("app", "NotIn", ["db"]), expression("app", "NotIn", ["api"]), expression("zone", "NotIn", ["a"])],
    [true, false, true],
  );
  t.deepEqual(
    [
      expression("app", "Exists"),
      expression("zone", "Exists"),
      expression("app", "DoesNotExist"),
      expression("zone", "DoesNotExist"),
    ],
    [true, false, false, true],
  );
  t.false(expression("app", "Like", ["api"]));
});
