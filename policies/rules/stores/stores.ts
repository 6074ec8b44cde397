import { cel } from "../../cel/template.ts";
import { gracePeriod } from "../../cel/pods.ts";
import { isKeptStore } from "../../cel/data-stores.ts";
import { dataStoreKinds, keptStoreKind, storePorts } from "../../facts/data-stores.ts";
import type { KubernetesObject } from "../../model/kubernetes-object.ts";
import { podOf } from "../../model/pod-spec-walker.ts";
import type { ObjectRule, Rule } from "../rule.ts";
import { dataPlaceRule } from "./data-place.ts";
import { durableWritesRule } from "./durable-writes.ts";
import { passwordlessRule } from "../credentials/passwordless.ts";
import { singleServerRule } from "./single-server.ts";

const shutdown: ObjectRule = {
  id: "X04-store-grace-period",
  scope: "object",
  kinds: dataStoreKinds,
  row: ["X04"],
  severity: "high",
  title: "Data stores have time for a clean shutdown",
  rationale:
    "A store that is killed while it writes its checkpoint begins with a recovery, which takes longer than the shutdown would have.",
  remediation: "terminationGracePeriodSeconds: 120   # one checkpoint, as long as the disk needs",
  admission: ({ "X04-store-grace-period": { minSeconds } }) => [
    {
      expression: `!${isKeptStore} || !has(variables.pod.terminationGracePeriodSeconds) || ${gracePeriod} == 0 || ${gracePeriod} >= ${minSeconds}`,
      message: `terminationGracePeriodSeconds is below the ${minSeconds} s of a data store`,
    },
  ],
  *check(object, settings) {
    const kind = keptStoreKind(object);
    const pod = podOf(object);
    const seconds = pod?.spec.terminationGracePeriodSeconds;
    const { minSeconds } = settings["X04-store-grace-period"];
    if (kind === undefined || pod === undefined || !seconds || seconds >= minSeconds) return; // none at all is X04-grace-period's
    yield {
      path: `${pod.path}.terminationGracePeriodSeconds`,
      message: `terminationGracePeriodSeconds is ${seconds}, a data store (${kind}) needs at least ${minSeconds}`,
    };
  },
};

const ports = Object.keys(storePorts).map(Number);

const exposed: ObjectRule = {
  id: "X05-store-exposed",
  scope: "object",
  kinds: ["Service"],
  row: ["X05"],
  severity: "critical",
  title: "Data stores are not served outside the cluster",
  rationale:
    "Through a load balancer or a node port everyone who can reach the node can try to log in to the store; NetworkPolicies of its clients do not apply there.",
  remediation: "spec:\n  type: ClusterIP   # and without externalIPs; people come by `kubectl port-forward`",
  sources: { scanners: ["kube-linter exposed-services"] },
  admission: [
    {
      expression: cel`!(object.spec.?type.orValue("ClusterIP") in ["LoadBalancer", "NodePort"]
          || object.spec.?externalIPs.orValue([]).size() > 0)
        || !object.spec.?ports.orValue([]).exists(served, served.port in ${ports}
          || string(served.?targetPort.orValue("")) in ${ports.map(String)})`,
      message: "serves a data store's port outside the cluster",
    },
  ],
  *check(object) {
    const { type = "ClusterIP", externalIPs = [], ports: served = [] } = serviceSpec(object);
    const way =
      type === "LoadBalancer" || type === "NodePort"
        ? `type ${type}`
        : externalIPs.length > 0
          ? `externalIPs ${externalIPs.join(", ")}`
          : undefined;
    if (way === undefined) return;
    for (const [index, { port, targetPort }] of served.entries()) {
      const store = storePorts[Number(port)] ?? storePorts[Number(targetPort)];
      if (store !== undefined)
        yield { path: `spec.ports[${index}]`, message: `serves port ${port} of ${store} outside the cluster (${way})` };
    }
  },
};

interface ServiceSpec {
  readonly type?: string;
  readonly externalIPs?: readonly string[];
  readonly ports?: readonly { readonly port?: number; readonly targetPort?: number | string }[];
}

function serviceSpec(object: KubernetesObject): ServiceSpec {
  return (object.manifest["spec"] ?? {}) as ServiceSpec;
}

/** What holds for every data store: where its data lie, that writes last, who may reach it and log in. */
export const storeRules: readonly Rule[] = [
  dataPlaceRule,
  durableWritesRule,
  singleServerRule,
  passwordlessRule,
  shutdown,
  exposed,
];
