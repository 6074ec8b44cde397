import type { V1LabelSelector } from "@kubernetes/client-node";
import { podOf } from "../../../../policies/model/pod-spec-walker.ts";
import { fromPulumi } from "../../../../policies/model/kubernetes-object.ts";
import { examplesOf, object, pods, service, stack } from "../example.ts";

type Selection = typeof import("../../../../policies/facts/selected-pods.ts");

const chosen =
  (selector: Parameters<Selection["workloadsSelected"]>[0] | null) =>
  ({ workloadsSelected }: Selection) =>
    [
      ...workloadsSelected(
        selector as never,
        "shop",
        stack(
          pods("web", []),
          pods("api", []),
          pods("db", [], { kind: "StatefulSet" }),
          pods("web", [], { namespace: "other" }),
        ),
      ),
    ]
      .map(({ name }) => name)
      .sort()
      .join();
const choosing =
  (labels: Record<string, string>) =>
  ({ selecting }: Selection) =>
    [
      ...selecting(
        "Service",
        labels,
        "shop",
        stack(
          service("web"),
          service("api"),
          service("both", { selector: { app: "web", tier: "front" } }),
          object("Service", "none", { spec: {} }),
          service("web", {}, "other"),
          object("NetworkPolicy", "all", { spec: {} }),
        ),
      ),
    ]
      .map(({ name }) => name)
      .sort()
      .join();

export const selection = examplesOf<Selection>("policies/facts/selected-pods.ts", {
  "workloads are chosen by their pods' labels, in one namespace": [
    (helper) =>
      [
        { matchLabels: { app: "web" } },
        { matchLabels: { app: "none" } },
        {},
        undefined,
        null,
        { matchLabels: { app: "web", tier: "x" } },
      ].map((selector) => chosen(selector as V1LabelSelector | null)(helper)),
    ["web", "", "api,db,web", "", "", ""],
  ],
  "workloads are chosen by expressions": [
    (helper) =>
      [
        ["In", ["web", "db"]],
        ["In", ["none"]],
        ["NotIn", ["web"]],
        ["Exists", undefined],
        ["DoesNotExist", undefined],
      ].map(([operator, values]) =>
        chosen({
          matchExpressions: [
            { key: "app", operator: operator as string, ...(values && { values: values as string[] }) },
          ],
        })(helper),
      ),
    ["db,web", "", "api,db", "api,db,web", ""],
  ],
  "a label that a controller adds chooses its own pods alone": [
    (helper) =>
      [
        { "statefulset.kubernetes.io/pod-name": "db-0" },
        { app: "db", "statefulset.kubernetes.io/pod-name": "db-0" },
        { app: "web", "statefulset.kubernetes.io/pod-name": "db-0" },
        { app: "db", "statefulset.kubernetes.io/pod-name": "db-9" },
      ].map((matchLabels) => chosen({ matchLabels: matchLabels as Record<string, string> })(helper)),
    ["db", "db", "", ""],
  ],
  "Services choose pods by all of their labels, and one without a selector chooses none": [
    (helper) =>
      [{ app: "web" }, { app: "web", tier: "front" }, { tier: "front" }, {}].map((labels) =>
        choosing(labels as never)(helper),
      ),
    ["web", "both,web", "", ""],
  ],
  "policies choose pods by expressions too": [
    ({ selecting }) => {
      const policy = (name: string, podSelector: object) => object("NetworkPolicy", name, { spec: { podSelector } });
      const expression = (operator: string) => ({ matchExpressions: [{ key: "app", operator, values: ["web"] }] });
      const all = stack(
        policy("in", expression("In")),
        policy("out", expression("NotIn")),
        policy("every", {}),
        policy("web", { matchLabels: { app: "web" } }),
      );
      return ["web", "api"].map((app) =>
        [...selecting("NetworkPolicy", { app }, "shop", all)]
          .map(({ name }) => name)
          .sort()
          .join(),
      );
    },
    ["every,in,web", "every,out"],
  ],
  "a label that is not known yet may be chosen, after all that are known": [
    ({ workloadsSelected, selecting }) => {
      const labels = {
        get app(): string {
          throw new (class UnknownValueError extends Error {})("unknown");
        },
      };
      const later = fromPulumi({
        type: "kubernetes:apps/v1:Deployment",
        name: "later",
        urn: "urn",
        props: {
          metadata: { name: "later", namespace: "shop" },
          spec: { template: { metadata: { labels }, spec: { containers: [] } } },
        },
      })[0]!;
      const seen = (found: Iterable<{ name: string }>) => {
        const names: string[] = [];
        try {
          for (const { name } of found) names.push(name);
        } catch (error) {
          names.push((error as Error).message);
        }
        return names.join();
      };
      const everything = stack(pods("web", []), later, service("web"), service("api"));
      return [
        seen(workloadsSelected({ matchLabels: { app: "web" } }, "shop", everything)),
        seen(workloadsSelected({ matchLabels: { tier: "x" } }, "shop", everything)),
        seen(selecting("Service", podOf(later)!.labels, "shop", everything)),
      ];
    },
    [
      "web,the value of spec.template.metadata.labels.app is not known before it is created",
      "",
      "the value of spec.template.metadata.labels.app is not known before it is created",
    ],
  ],
  "a policy without a selector chooses all pods, and a Service and a budget without one none": [
    ({ selectorOf }) =>
      [
        object("NetworkPolicy", "p", { spec: {} }),
        object("NetworkPolicy", "p", { spec: { podSelector: { matchLabels: { a: "b" } } } }),
        object("Service", "s", { spec: {} }),
        object("Service", "s", { spec: { selector: {} } }),
        service("s"),
        object("Service", "s"),
        object("PodDisruptionBudget", "b", {
          apiVersion: "policy/v1",
          spec: { selector: { matchLabels: { a: "b" } } },
        }),
        object("PodDisruptionBudget", "b", { apiVersion: "policy/v1", spec: {} }),
      ].map(selectorOf),
    [
      {},
      { matchLabels: { a: "b" } },
      undefined,
      undefined,
      { matchLabels: { app: "s" } },
      undefined,
      { matchLabels: { a: "b" } },
      undefined,
    ],
  ],
});
