import { Writable } from "node:stream";
import { Exec, type KubeConfig } from "@kubernetes/client-node";

/** How a command in a container ended. */
export interface Executed {
  readonly succeeded: boolean;
  /** All that it wrote, or why it did not run. */
  readonly said: string;
}

/** A container of a pod. */
export interface Place {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

/** Runs a command in a container. Throws where it cannot be started or does not end in time. */
export type ExecIn = (place: Place, command: readonly string[]) => Promise<Executed>;

/** Longest that a command may take. What takes longer is a Job: this connection has no keep-alive. */
const seconds = 60;

/** By the API server and the kubelet, as `kubectl exec` does. */
export const execBy =
  (kubeConfig: KubeConfig): ExecIn =>
  async ({ namespace, pod, container }, command) => {
    let said = "";
    const collect = () => new Writable({ write: (chunk: Buffer, _, done) => ((said += chunk.toString()), done()) });
    const { promise, resolve, reject } = Promise.withResolvers<Executed>();
    const late = setTimeout(
      () => reject(new Error(`${command.join(" ")} in ${pod} has not ended after ${seconds} s`)),
      seconds * 1000,
    );
    try {
      const connection = await new Exec(kubeConfig).exec(
        namespace,
        pod,
        container,
        [...command],
        collect(),
        collect(),
        null,
        false,
        ({ status, message = "" }) => resolve({ succeeded: status === "Success", said: said.trim() || message }),
      );
      connection.on("close", () => reject(new Error(`the connection to ${pod} was closed before ${command[0]} ended`)));
      connection.on("error", reject);
      return await promise.finally(() => connection.close());
    } finally {
      clearTimeout(late);
    }
  };
