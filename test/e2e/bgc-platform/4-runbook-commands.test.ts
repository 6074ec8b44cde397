import test from "ava";
import { eventually, shell } from "../../support/cluster.ts";

/** A command as operators have it in their fingers, and what its output looks like when it works. */
const pod = (app: string) => `$(kubectl get pod -n data -l app=${app} -o jsonpath='{.items[0].metadata.name}')`;
const commands: readonly (readonly [title: string, command: string, output: RegExp])[] = [
  ["all pods are listed", "kubectl get pods -n data", /^postgres-0 +1\/1 +Running/m],
  ["Redis answers a ping", `kubectl exec -n data ${pod("redis")} -- redis-cli ping`, /^PONG$/m],
  [
    "Postgres answers the owner of the database",
    `kubectl exec -n data ${pod("postgres")} -- psql -U bgc bgc -c "SELECT 1;"`,
    /\(1 row\)/,
  ],
  [
    "the products with data are listed",
    `kubectl exec -n data ${pod("postgres")} -- psql -U bgc bgc -c "SELECT DISTINCT co_ncm FROM stg.exportacao;"`,
    /17011400[\s\S]*\(4 rows\)/,
  ],
  [
    "Postgres's restarts are counted",
    `kubectl get pod -n data ${pod("postgres")} -o jsonpath='{.status.containerStatuses[0].restartCount}'`,
    /^\d+$/,
  ],
  [
    "Redis's cache statistics are there",
    `kubectl exec -n data ${pod("redis")} -- redis-cli INFO stats | grep -E "(total_commands_processed|keyspace_hits|keyspace_misses)"`,
    /keyspace_hits:\d+/,
  ],
  [
    "active connections are counted",
    `kubectl exec -n data ${pod("postgres")} -- psql -U bgc bgc -c "SELECT count(*) FROM pg_stat_activity WHERE state = 'active';"`,
    /\(1 row\)/,
  ],
  ["pods' usage is measured", "kubectl top pods -n data", /^postgres-0 +\d+m +\d+Mi/m],
  ["tables are listed", `kubectl exec -n data ${pod("postgres")} -- psql -U bgc bgc -c "\\dt"`, /countries_metadata/],
  [
    "a table is described",
    `kubectl exec -n data ${pod("postgres")} -- psql -U bgc bgc -c "\\d+ countries_metadata"`,
    /distance_brazil_km/,
  ],
  [
    "fifty countries are counted",
    `kubectl exec -n data ${pod("postgres")} -- psql -U bgc bgc -c "SELECT COUNT(*) FROM countries_metadata;"`,
    /^ +50$/m,
  ],
  [
    "the five closest countries are listed",
    `kubectl exec -n data ${pod("postgres")} -- psql -U bgc bgc -c "SELECT code, name_en, distance_brazil_km FROM countries_metadata ORDER BY distance_brazil_km LIMIT 5;"`,
    /\(5 rows\)/,
  ],
  ["secrets are listed", "kubectl get secrets -n data", /pg-postgresql-bgc/],
  [
    "a secret's keys are shown without values",
    "kubectl describe secret pg-postgresql-bgc -n data",
    /password: +32 bytes/,
  ],
  [
    "the API reaches Redis",
    `kubectl exec -n data ${pod("bgc-api")} -- nc -zv redis.data.svc.cluster.local 6379`,
    /succeeded/,
  ],
  [
    "the API reaches Postgres",
    `kubectl exec -n data ${pod("bgc-api")} -- nc -zv pg-postgresql.data.svc.cluster.local 5432`,
    /succeeded/,
  ],
  [
    "the API reaches the integration gateway",
    `kubectl exec -n data ${pod("bgc-api")} -- nc -zv integration-gateway.data.svc.cluster.local 8081`,
    /succeeded/,
  ],
  ["services are listed", "kubectl get svc -n data", /pg-postgresql +ClusterIP.* 5432\/TCP/],
  ["populate-countries' log is there", "kubectl logs -n data -l app=populate-countries", /50/],
  ["the API's rollout is watched", "kubectl rollout status deployment/bgc-api -n data", /successfully rolled out/],
  ["the API's rollout history is listed", "kubectl rollout history deployment/bgc-api -n data", /REVISION/],
  [
    "Redis is restarted",
    "kubectl rollout restart deployment redis -n data && kubectl rollout status deployment redis -n data --timeout=120s",
    /successfully rolled out/,
  ],
  [
    "Postgres is scaled down and up as the StatefulSet it is now",
    "kubectl scale statefulset postgres --replicas=0 -n data && kubectl wait --for=delete pod -l app=postgres -n data --timeout=150s && kubectl scale statefulset postgres --replicas=1 -n data && kubectl rollout status statefulset/postgres -n data --timeout=180s",
    /complete|rolling update|roll out/,
  ],
  [
    "a Ready Postgres is waited for",
    "kubectl wait --for=condition=ready pod -l app=postgres -n data --timeout=120s",
    /condition met/,
  ],
  [
    "a Ready Redis is waited for",
    "kubectl wait --for=condition=ready pod -l app=redis -n data --timeout=120s",
    /condition met/,
  ],
  [
    "a Ready integration gateway is waited for",
    "kubectl wait --for=condition=ready pod -l app=integration-gateway -n data --timeout=120s",
    /condition met/,
  ],
  [
    "a Ready API is waited for",
    "kubectl wait --for=condition=ready pod -l app=bgc-api -n data --timeout=120s",
    /condition met/,
  ],
];

for (const [title, command, output] of commands) {
  test.serial(`runbook: ${title}`, async (t) => {
    // Measurements of a pod that started a moment ago come with the next round of the metrics server.
    const accept = (answer: { stdout: string; stderr: string }) => output.test(answer.stdout + answer.stderr);
    const { code, stdout, stderr } = await eventually(title, 60, () => shell(command), accept);
    t.is(code, 0, `${command}\n${stdout}${stderr}`);
  });
}

test.serial("runbook: a service is reached through a port-forward and the simulator answers", async (t) => {
  const { code, stdout, stderr } = await shell(`
    kubectl port-forward -n data svc/bgc-api :8080 >/tmp/forward-$$ & forward=$!
    trap 'kill $forward; rm -f /tmp/forward-$$' EXIT
    until grep -q Forwarding /tmp/forward-$$; do sleep 0.2; done
    port=$(sed -n 's/.*127.0.0.1:\\([0-9]*\\) .*/\\1/p' /tmp/forward-$$)
    curl --silent --fail http://127.0.0.1:$port/healthz
    curl --silent --fail -X POST http://127.0.0.1:$port/v1/simulator/destinations -H "X-Forwarded-For: 2001:db8::$((RANDOM % 10000)):$((RANDOM % 10000))" -H "Content-Type: application/json" -d '{ "ncm": "17011400", "volume_kg": 1000, "max_results": 10 }'`);
  t.is(code, 0, stderr);
  t.regex(stdout, /"destinations":\[\{"rank":1,/);
});

test.serial(
  "runbook: a test pod with an unpinned image and root is refused, as Pod Security demands (X01)",
  async (t) => {
    const { code, stderr } = await shell(
      "kubectl run test-curl --image=curlimages/curl:latest --restart=Never -n data -- curl -s http://integration-gateway:8081/health",
    );
    t.not(code, 0);
    t.regex(stderr, /violates PodSecurity "restricted:latest"/);
  },
);
