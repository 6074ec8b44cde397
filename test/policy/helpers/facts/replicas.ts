import { examplesOf, object, stack } from "../example.ts";

type Replicas = typeof import("../../../../policies/facts/replicas.ts");

export const replicas = examplesOf<Replicas>("policies/facts/replicas.ts", {
  "a workload has at most its own replicas, or one, or its autoscaler's": [
    ({ maximumReplicas }) => {
      const target = { kind: "Deployment", name: "web", apiVersion: "apps/v1" };
      const of = (spec: object | undefined, ...scalers: readonly ReturnType<typeof object>[]) => {
        const web = object("Deployment", "web", { spec });
        return maximumReplicas(web, stack(web, ...scalers));
      };
      return [
        of({ replicas: 4 }),
        of({}),
        of(undefined),
        of(
          { replicas: 4 },
          object("HorizontalPodAutoscaler", "h", { spec: { maxReplicas: 7, scaleTargetRef: target } }),
        ),
        of(
          { replicas: 4 },
          object("ScaledObject", "k", { apiVersion: "keda.sh/v1alpha1", spec: { scaleTargetRef: target } }),
        ),
      ];
    },
    [4, 1, 1, 7, 100],
  ],
});
