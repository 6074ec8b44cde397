import test from "ava";
import { DatabaseError } from "pg";
import { isOutage } from "../../../workloads/server/data/postgres.ts";

const failure = (code: string) => Object.assign(new DatabaseError("failed", 1, "error"), { code });

test("a lost or refused connection to PostgreSQL is an outage", (t) => {
  t.true(isOutage(new Error("Connection terminated unexpectedly")));
  for (const code of ["08006", "28P01", "3D000", "53300", "57P01", "57P03", "57014", "25P03"])
    t.true(isOutage(failure(code)), code);
});

test("a database that is not migrated yet is an outage", (t) => {
  for (const code of ["42P01", "3F000"]) t.true(isOutage(failure(code)), code);
});

test("a wrong statement is not an outage", (t) => {
  for (const code of ["42601", "22012", "23505"]) t.false(isOutage(failure(code)), code);
});
