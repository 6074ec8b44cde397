import test from "ava";
import type { Manifest } from "../../../scripts/support/declared-objects.ts";
import { allContainers, find, podSpec, stackObjects } from "../../support/objects.ts";

const objects = (await stackObjects("prod")).filter(({ metadata }) => metadata.namespace === "data");
const image = (name: string) => podSpec(find(objects, "Deployment", name)).containers[0]!.image;

test("production runs the runbook's own API image and no contract server (B01)", (t) => {
  t.is(image("bgc-api"), "bgc-api:v0.4.0");
  t.deepEqual(
    objects.filter(({ metadata }) => metadata.name.startsWith("contract-server")),
    [],
  );
});

test("an image with one health path gets it as readiness, and its open port as liveness (X03)", (t) => {
  const { readinessProbe, livenessProbe } = podSpec(find(objects, "Deployment", "bgc-api")).containers[0]!;
  t.is(readinessProbe.httpGet?.path, "/healthz");
  t.deepEqual(livenessProbe.tcpSocket, { port: "http" } as never);
});

test("the ComexStat credentials are sealed for exactly their namespace and name (B16)", (t) => {
  const sealed = find<Manifest & { spec: { encryptedData: object; template: object } }>(
    objects,
    "SealedSecret",
    "comexstat-credentials",
  );
  t.deepEqual(Object.keys(sealed.spec.encryptedData), ["api-key"]);
  t.deepEqual(sealed.spec.template, {
    metadata: { name: "comexstat-credentials", namespace: "data", labels: { app: "integration-gateway" } },
    type: "Opaque",
  });
});

test("verified copies also go to a bucket, after the pruning and with the keys of a Secret that is mounted (B11, X06)", (t) => {
  const pod = podSpec(find(objects, "CronJob", "postgres-backup"));
  t.deepEqual(
    allContainers(pod).map(({ name }) => name),
    ["dump", "verify", "prune", "upload"],
  );
  t.is(pod.volumes.find(({ name }) => name === "credentials-bucket")?.secret.secretName, "backup-s3-credentials");
});
