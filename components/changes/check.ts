import * as pulumi from "@pulumi/pulumi";
import { apiServer } from "../../cluster/api-server.ts";
import { type ChosenCluster, onlyChosen } from "../cluster.ts";
import type { StackSettings } from "../configuration.ts";
import {
  declaredApis,
  declaredKafkas,
  declaredQuotas,
  declaredStores,
  declaredVolumes,
} from "../systems/declared-state.ts";
import { ofSystems } from "../systems/index.ts";
import { missingApis, missingClasses } from "./apis.ts";
import { type LivingCluster, livingCluster } from "./living.ts";
import { foreignNamespaces, removedSystems } from "./namespaces.ts";
import { refusal } from "./refusal.ts";
import { otherBrokers, otherEngines } from "./stores.ts";
import { type Growth, volumeChanges } from "./volumes.ts";

/**
 * Asks the cluster once what it has, before anything is declared, and throws one error with every change of the
 * settings that it would refuse, each with
 * its path, both values, the reason and the way. Returns the claims to grow. Without an engine nothing is asked; a
 * preview without an answer goes on.
 */
export async function checkedChanges(
  settings: StackSettings,
  cluster: ChosenCluster | undefined,
): Promise<readonly Growth[]> {
  if (cluster === undefined || pulumi.runtime.getEngine() === undefined) return [];
  const kafkas = declaredKafkas(settings);
  const systemNamespaces = ofSystems("namespace");
  const namespaces = settings.systems.map((name) => systemNamespaces[name]);
  const living = await answered(cluster.context, pulumi.runtime.isDryRun(), async () =>
    livingCluster(
      await apiServer(onlyChosen(cluster)),
      namespaces,
      kafkas.map(({ namespace }) => namespace),
    ),
  );
  if (living === undefined) return [];
  const declared = declaredVolumes(settings);
  const volumes = volumeChanges(declared, living, declaredQuotas(settings));
  const problems = [
    ...missingApis(declaredApis(settings), living),
    ...missingClasses(declared, living),
    ...foreignNamespaces(pulumi.getStack(), systemNamespaces, settings.systems, living),
    ...removedSystems(pulumi.getStack(), settings.retainData, systemNamespaces, settings.systems, living),
    ...otherEngines(declaredStores(settings), living),
    ...otherBrokers(kafkas, living),
    ...volumes.problems,
  ];
  if (problems.length > 0) throw new pulumi.RunError(refusal(problems));
  return volumes.growths;
}

/**
 * What a cluster has; nothing where a preview gets no answer, as it works without a cluster. Throws where an update
 * gets none.
 */
export async function answered(
  context: string,
  preview: boolean,
  ask: () => Promise<LivingCluster>,
): Promise<LivingCluster | undefined> {
  try {
    return await ask();
  } catch (error) {
    const problem = `the cluster of context "${context}" does not say what it has: ${(error as Error).message}`;
    if (!preview)
      throw new pulumi.RunError(
        `${problem}. An update compares the settings with it, and needs the right to list namespaces and storage classes, and in the namespaces of the stack claims, StatefulSets and Jobs; nothing was changed`,
      );
    await pulumi.log.info(`changes of volumes, stores and systems were not checked against what runs: ${problem}`);
    return undefined;
  }
}
