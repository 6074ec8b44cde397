import { podOf } from "../../../../policies/model/pod-spec-walker.ts";
import { examplesOf, pods } from "../example.ts";

type References = typeof import("../../../../policies/facts/configuration-references.ts");

export const configurationReferences = examplesOf<References>("policies/facts/configuration-references.ts", {
  "a reference that is optional, or has no name, is left out": [
    ({ configurationOf }) => {
      const web = pods(
        "web",
        [
          {
            name: "main",
            envFrom: [
              { configMapRef: { name: "a" } },
              { secretRef: { name: "b", optional: true } },
              { secretRef: { name: "c", optional: false } },
              { configMapRef: {} },
              { secretRef: null },
            ],
            env: [{ name: "X", valueFrom: { secretKeyRef: { name: "d", key: "k" } } }],
          },
        ],
        {
          spec: {
            volumes: [
              { name: "v", secret: { secretName: "e", items: [{ key: "x" }, { key: "y" }] } },
              { name: "w", emptyDir: {} },
              { name: "u", configMap: { items: [{ key: "x" }] } },
            ],
          },
        },
      );
      return [...configurationOf(podOf(web)!)].map(({ kind, name, key }) => `${kind} ${name} ${key}`);
    },
    ["ConfigMap a undefined", "Secret c undefined", "Secret d k", "Secret e x", "Secret e y"],
  ],
});
