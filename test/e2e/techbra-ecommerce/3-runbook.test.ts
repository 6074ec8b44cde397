import test from "ava";
import { looksWell } from "../../support/live-runbook.ts";

test("Kafka's topics and what its consumers have not read are seen (T08)", async (t) => {
  await looksWell(t, ["status", "techbra-ecommerce"], ["topics", "techbra-ecommerce"], ["lag", "techbra-ecommerce"]);
});
