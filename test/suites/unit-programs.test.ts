import { suite } from "../support/suite.ts";

await suite("unit/cluster", "unit/workloads");
