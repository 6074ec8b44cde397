// Takes a snapshot of CLAIM, waits until it is ready to use, and only then deletes the oldest beyond KEEP.
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { setTimeout } from "node:timers/promises";

const account = "/var/run/secrets/kubernetes.io/serviceaccount";
const { NAMESPACE, CLAIM, SNAPSHOT_CLASS, KEEP, KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env;
const label = "production-platform/snapshot-of";
const collection = `/apis/snapshot.storage.k8s.io/v1/namespaces/${NAMESPACE}/volumesnapshots`;

function api(method, path, body) {
  const headers = { authorization: `Bearer ${readFileSync(`${account}/token`, "utf8")}`, "content-type": "application/json" };
  return new Promise((resolve, reject) => {
    const call = request({ host, port, path, method, headers, ca: readFileSync(`${account}/ca.crt`), timeout: 30_000 }, async (response) => {
      const text = (await response.toArray()).join("");
      if (response.statusCode < 300) resolve(JSON.parse(text));
      else reject(new Error(`${method} ${path} answers ${response.statusCode}: ${text.slice(0, 500)}`));
    });
    call.on("timeout", () => call.destroy(new Error(`${method} ${path} gives no answer`)));
    call.on("error", reject);
    call.end(body && JSON.stringify(body));
  });
}

const name = `${CLAIM}-${new Date().toISOString().replace(/[-:]|\.\d+/g, "").toLowerCase()}`;
await api("POST", collection, {
  apiVersion: "snapshot.storage.k8s.io/v1",
  kind: "VolumeSnapshot",
  metadata: { name, namespace: NAMESPACE, labels: { [label]: CLAIM } },
  spec: { volumeSnapshotClassName: SNAPSHOT_CLASS, source: { persistentVolumeClaimName: CLAIM } },
});
console.log(`${name}: asked for`);
for (const end = Date.now() + 45 * 60_000; ; await setTimeout(5_000)) {
  const { status } = await api("GET", `${collection}/${name}`);
  if (status?.readyToUse) break;
  if (Date.now() > end) throw new Error(`${name} is not ready to use after 45 minutes: ${status?.error?.message ?? "the driver gives no reason"}`);
}
console.log(`${name}: ready to use`);
const { items } = await api("GET", `${collection}?labelSelector=${encodeURIComponent(`${label}=${CLAIM}`)}`);
const ready = items.filter(({ status }) => status?.readyToUse).map(({ metadata }) => metadata.name).sort();
for (const old of ready.slice(0, Math.max(0, ready.length - Number(KEEP)))) {
  await api("DELETE", `${collection}/${old}`);
  console.log(`${old}: deleted, ${KEEP} newer ones are ready to use`);
}
