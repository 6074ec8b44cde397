import type { ContainerArgs, Mount } from "../../workload/container.ts";
import { bytes, type Size } from "../../workload/units.ts";

/** Makes a container that runs one script of a backup: name, environment, mounts, memory limit. */
export type ToolContainer = (
  script: string,
  env: Readonly<Record<string, string>>,
  mounts: readonly Mount[],
  memory?: Size,
) => ContainerArgs;

/**
 * The containers of backup jobs: scripts of one ConfigMap on one image. A large memory limit is asked for in part, as
 * X02-memory-overcommit wants it.
 */
export const toolContainers =
  (image: string, scriptsMap: string): ToolContainer =>
  (script, env, mounts, memory = "256Mi") => ({
    name: script,
    image,
    command: ["bash", `/scripts/${script}.sh`],
    env: { ...env },
    resources: {
      cpu: { request: "50m", limit: "1" },
      memory: {
        request: bytes(memory) > bytes("1Gi") ? `${Math.ceil(bytes(memory) / bytes("16Mi"))}Mi` : "64Mi",
        limit: memory,
      },
    },
    mounts: [{ path: "/scripts", configMap: scriptsMap }, { path: "/tmp", scratch: "64Mi" }, ...mounts],
  });
