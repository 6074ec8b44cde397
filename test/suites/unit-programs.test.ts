import { suite } from "../support/suite.ts";

await suite("unit/scripts", "unit/cluster", "unit/workloads");
