// Takes a snapshot of CLAIM, waits until it is ready to use, and only then deletes the oldest beyond KEEP. Snapshots
// that never became ready are no
// copies: they go behind a newer one that is ready, and of the others as many stay as are kept of ready ones.
//
// READY_SECONDS   longest wait for the new snapshot, default 2700
// API_SECONDS     longest wait for the API server, default 60: a network that enforces policies may refuse a new pod's
// connections at first
// PAUSE_SECONDS   between two questions, default 5
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { setTimeout } from "node:timers/promises";

const account = "/var/run/secrets/kubernetes.io/serviceaccount";
const {
  NAMESPACE,
  CLAIM,
  SNAPSHOT_CLASS,
  KEEP,
  READY_SECONDS = "2700",
  API_SECONDS = "60",
  PAUSE_SECONDS = "5",
  KUBERNETES_SERVICE_HOST: host,
  KUBERNETES_SERVICE_PORT: port,
} = process.env;
const label = "production-platform/snapshot-of";
const collection = `/apis/snapshot.storage.k8s.io/v1/namespaces/${NAMESPACE}/volumesnapshots`;
const pause = () => setTimeout(Number(PAUSE_SECONDS) * 1000);

function api(method, path, body) {
  const headers = {
    authorization: `Bearer ${readFileSync(`${account}/token`, "utf8")}`,
    "content-type": "application/json",
  };
  return new Promise((resolve, reject) => {
    const call = request(
      { host, port, path, method, headers, ca: readFileSync(`${account}/ca.crt`), timeout: 30_000 },
      async (response) => {
        const text = (await response.toArray()).join("");
        if (response.statusCode < 300) resolve(JSON.parse(text));
        else
          reject(
            Object.assign(new Error(`${method} ${path} answers ${response.statusCode}: ${text.slice(0, 500)}`), {
              refused: response.statusCode < 500,
            }),
          );
      },
    );
    call.on("timeout", () => call.destroy(new Error("no answer in 30 s")));
    call.on("error", (error) => reject(new Error(`${method} ${path}: ${error.message}`)));
    call.end(body && JSON.stringify(body));
  });
}

/** Asks again while there is no connection or the server is in trouble, which says nothing about the snapshot. */
async function read(path) {
  for (const end = Date.now() + Number(API_SECONDS) * 1000; ; await pause()) {
    try {
      return await api("GET", path);
    } catch (error) {
      if (error.refused) throw error;
      if (Date.now() > end) throw new Error(`the API server does not answer after ${API_SECONDS} s: ${error.message}`);
    }
  }
}

const reason = ({ status }) => status?.error?.message ?? "the driver gives no reason";
const isReady = ({ status }) => status?.readyToUse === true;

/** The claim's snapshots, the oldest first. */
async function snapshots() {
  const { items } = await read(`${collection}?labelSelector=${encodeURIComponent(`${label}=${CLAIM}`)}`);
  const age = ({ metadata }) => `${metadata.creationTimestamp} ${metadata.name}`;
  return items.sort((left, right) => (age(left) < age(right) ? -1 : 1));
}

async function remove(surplus, why) {
  for (const each of surplus) {
    await api("DELETE", `${collection}/${each.metadata.name}`);
    console.log(`${each.metadata.name}: deleted, ${why(each)}`);
  }
}

async function removeFailed() {
  const all = await snapshots();
  const failed = all.filter((each) => !isReady(each));
  const newestReady = all.findLastIndex(isReady);
  await remove(
    failed.filter((each, index) => all.indexOf(each) < newestReady || index < failed.length - Number(KEEP)),
    (each) => `it never became ready to use: ${reason(each)}`,
  );
}

async function takeSnapshot() {
  const name = `${CLAIM}-${new Date()
    .toISOString()
    .replace(/[-:]|\.\d+/g, "")
    .toLowerCase()}`;
  // Waits for the server before anything is asked for, which must happen once.
  await snapshots();
  await api("POST", collection, {
    apiVersion: "snapshot.storage.k8s.io/v1",
    kind: "VolumeSnapshot",
    metadata: { name, namespace: NAMESPACE, labels: { [label]: CLAIM } },
    spec: { volumeSnapshotClassName: SNAPSHOT_CLASS, source: { persistentVolumeClaimName: CLAIM } },
  });
  console.log(`${name}: asked for`);
  for (const end = Date.now() + Number(READY_SECONDS) * 1000; ; await pause()) {
    const snapshot = await read(`${collection}/${name}`);
    if (isReady(snapshot)) return console.log(`${name}: ready to use`);
    if (Date.now() > end) throw new Error(`${name} is not ready to use after ${READY_SECONDS} s: ${reason(snapshot)}`);
  }
}

try {
  await takeSnapshot().catch(async (error) => {
    // The first failure is the one to tell.
    await removeFailed().catch(() => {});
    throw error;
  });
  await removeFailed();
  const ready = (await snapshots()).filter(isReady);
  await remove(ready.slice(0, Math.max(0, ready.length - Number(KEEP))), () => `${KEEP} newer ones are ready to use`);
} catch (error) {
  console.log(`FAILED: ${error.message}`);
  process.exitCode = 1;
}
