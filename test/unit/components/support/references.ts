import type { Manifest } from "../../../../scripts/support/declared-objects.ts";
import { allContainers, podSpec } from "../../../support/objects.ts";

/** Objects that a pod's volumes, environment, account and pull secrets refer to. */
export function references(object: Manifest): { readonly kind: string; readonly name: string }[] {
  const { volumes, serviceAccountName, imagePullSecrets = [] } = podSpec(object);
  const of = (kind: string, name: string | undefined) => (name === undefined ? [] : [{ kind, name }]);
  return [
    ...of("ServiceAccount", serviceAccountName),
    ...imagePullSecrets.flatMap(({ name }) => of("Secret", name)),
    ...volumes.flatMap(({ secret, configMap, persistentVolumeClaim }) => [
      ...of("Secret", secret?.secretName),
      ...of("ConfigMap", configMap?.name),
      ...of("PersistentVolumeClaim", persistentVolumeClaim?.claimName),
    ]),
    ...allContainers(podSpec(object)).flatMap(({ env = [], envFrom = [] }) => [
      ...env.flatMap(({ valueFrom }) => of("Secret", valueFrom?.secretKeyRef?.name)),
      ...envFrom.flatMap(({ configMapRef }) => of("ConfigMap", configMapRef?.name)),
    ]),
  ];
}
