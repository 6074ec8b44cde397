import test from "ava";
import { bytes, mebibytes, seconds } from "../../../components/workload/units.ts";

test("durations count in seconds", (t) => {
  t.deepEqual([seconds("30s"), seconds("5m"), seconds("2h"), seconds("30d")], [30, 300, 7200, 2_592_000]);
});

test("a duration without a unit, with a fraction or with an unknown unit is refused by its text", (t) => {
  for (const wrong of ["30", "1.5m", "3w", ""]) {
    t.throws(() => seconds(wrong as "1s"), {
      message: `"${wrong}" is not a duration: write a whole number and s, m, h or d, such as "30s"`,
    });
  }
});

test("sizes are binary", (t) => {
  t.is(bytes("512Mi"), 536_870_912);
  t.is(bytes("1.5Gi"), 1_610_612_736);
  t.is(mebibytes("2Gi"), 2048);
});

test("a decimal size is refused, because Mi and M differ by five percent", (t) => {
  t.throws(() => bytes("512M" as "1Mi"), {
    message: '"512M" is not a size: write a number and Ki, Mi, Gi or Ti, such as "512Mi"',
  });
});
