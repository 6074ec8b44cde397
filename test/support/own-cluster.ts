import test, { type ExecutionContext } from "ava";
import { contextName } from "../../cluster/local/settings.ts";
import { kubectl } from "./cluster.ts";

const own = (await kubectl("config", "current-context")) === contextName;

/** A test of the project's own cluster: on another one it is left out, and its title says so. */
export const testOwn = (title: string, work: (t: ExecutionContext) => Promise<void>): void =>
  (own ? test.serial : test.serial.skip)(
    own ? title : `${title} (left out: this is not the project's own cluster)`,
    work,
  );
