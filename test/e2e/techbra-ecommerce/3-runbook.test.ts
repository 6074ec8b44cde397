import test from "ava";
import { looksWell } from "../../support/live-runbook.ts";

test("Kafka's topics and what its consumers have not read are seen (T08)", async (t) => {
  await looksWell(t, ["status", "techbra-ecommerce"], ["topics", "techbra-ecommerce"], ["lag", "techbra-ecommerce"]);
});

test("no saga is stuck, uncompensated or against its payment, once all orders are decided (T10)", async (t) => {
  await looksWell(t, ["saga", "techbra-ecommerce"], ["preflight", "techbra-ecommerce"]);
});
