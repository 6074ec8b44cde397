import { existsSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { localClusterStatus, withClusterLock } from "../cluster/local/cluster.ts";
import { removeLocalCluster } from "../cluster/local/teardown.ts";
import { ensureToolchain, pulumiEnvironment } from "../cluster/toolchain.ts";
import { contextName } from "../cluster/local/settings.ts";
import { checkout, stateFolder } from "./support/checkout.ts";
import { pulumi, releaseStaleLocks, selectStack } from "./support/pulumi.ts";
