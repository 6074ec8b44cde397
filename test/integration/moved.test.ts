import test from "ava";
import { moved } from "./support/moved.ts";

const names = new Map([
  ["edi", "edi-dev-7"],
  ["velero", "velero-dev-7"],
]);

test("an object moves to its namespace's other name, and keeps its own", (t) => {
  t.deepEqual(moved({ kind: "Service", metadata: { name: "edi", namespace: "edi" } }, names), {
    kind: "Service",
    metadata: { name: "edi", namespace: "edi-dev-7" },
  });
});

test("a Namespace itself bears the other name, with its labels", (t) => {
  const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
  t.deepEqual(moved({ kind: "Namespace", metadata: { name: "edi", labels } }, names), {
    kind: "Namespace",
    metadata: { name: "edi-dev-7", labels },
  });
});

test("a role binding's subjects, Velero's choice and a network policy's peers move too", (t) => {
  t.deepEqual(moved({ subjects: [{ kind: "ServiceAccount", name: "edi", namespace: "edi" }] }, names), {
    subjects: [{ kind: "ServiceAccount", name: "edi", namespace: "edi-dev-7" }],
  });
  t.deepEqual(
    moved(
      { metadata: { name: "backup", namespace: "velero" }, spec: { template: { includedNamespaces: ["edi"] } } },
      names,
    ),
    {
      metadata: { name: "backup", namespace: "velero-dev-7" },
      spec: { template: { includedNamespaces: ["edi-dev-7"] } },
    },
  );
  t.deepEqual(moved({ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "edi" } } }, names), {
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "edi-dev-7" } },
  });
});

test("other people's namespaces, texts and everything else stay, and the original is untouched", (t) => {
  const object = {
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
    data: { host: "mysql.edi.svc", file: "edi" },
    args: ["edi"],
    port: 80,
    none: null,
  };
  t.deepEqual(moved(object, names), object);
  const namespace = { kind: "Namespace", metadata: { name: "edi" } };
  moved(namespace, names);
  t.is(namespace.metadata.name, "edi");
});
