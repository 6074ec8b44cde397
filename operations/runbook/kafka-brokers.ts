import type { Target } from "../../components/systems/target.ts";
import { answerOf } from "../api-answer.ts";
import { askInPod } from "./own-store.ts";
import { isReady } from "./pod-state.ts";
import type { Scope } from "./verb.ts";
import { type Living, wanted } from "./workloads.ts";

/**
 * Name of the StatefulSet whose pods are Kafka's brokers; `undefined` where the system has none, or an operator runs
 * them.
 */
export const brokers = ({ dataStores, workloads }: Target): string | undefined =>
  workloads.find(
    ({ kind, name }) =>
      kind === "StatefulSet" && dataStores.some((store) => store.kind === "kafka" && store.name === name),
  )?.name;

/**
 * Ready brokers that lack messages of their partitions: no other may go meanwhile (T09). Each is asked anew, whatever
 * its readiness remembers; a broken one goes first and answers nobody.
 */
export async function notInSync(
  target: Target,
  there: readonly Living[],
  { exec, simulated }: Scope,
): Promise<string[]> {
  const kafka = there.find(({ name }) => name === brokers(target));
  if (kafka === undefined || wanted(kafka) < 2 || simulated) return [];
  const asked = await Promise.all(
    kafka.pods.filter(isReady).map(async ({ metadata, spec }) => {
      const place = { namespace: target.namespace, pod: metadata!.name!, container: spec!.containers[0]!.name };
      try {
        const { succeeded, said } = await exec(place, [
          "bash",
          "-c",
          "rm -f /tmp/in-sync; exec bash /scripts/in-sync.sh",
        ]);
        return succeeded ? [] : [`Kafka's ${place.pod}: ${said}`];
      } catch (error) {
        return [`Kafka's ${place.pod} cannot be asked whether it is in sync: ${answerOf(error)}`];
      }
    }),
  );
  return asked.flat();
}

/**
 * What one of Kafka's own tools says, asked of a Ready broker. Throws where no broker is Ready, and with the tool's
 * words where it fails.
 */
export async function askKafka(target: Target, scope: Scope, [tool = "", ...args]: readonly string[]): Promise<string> {
  const { succeeded, said, pod } = await askInPod(target, scope, brokers(target)!, "no broker of Kafka is Ready", [
    tool,
    "--bootstrap-server",
    "localhost:9092",
    ...args,
  ]);
  if (!succeeded) throw new Error(`${tool} in ${pod}: ${said.split("\n").at(-1)}`);
  return said;
}
