import { env, examplesOf, pods, service, stack } from "../example.ts";

type Named = typeof import("../../../../policies/facts/named-services.ts");

const pg = service("pg");
const far = service("pg", {}, "data");
/** The Services, and their ports, that an environment names. */
const names =
  (...environments: readonly Record<string, string>[]) =>
  ({ servicesNamedBy }: Named) =>
    environments.map((values) => {
      const web = pods("web", env(values));
      return [...servicesNamedBy(web, stack(web, pg, far))]
        .map(({ service: { ref }, variable, port }) => `${variable} ${ref.slice(8)} ${port}`)
        .join();
    });
const ends =
  (spec: object, wanted: number | string | undefined, ...containers: readonly object[]) =>
  ({ endpointsOf }: Named) => {
    const web = pods("web", containers, {
      spec: { initContainers: [{ name: "first", ports: [{ containerPort: 1 }] }] },
    });
    const of = service("web", spec);
    return endpointsOf(of, wanted, stack(web, of))
      .map(({ workload, port }) => `${workload.name}:${port}`)
      .join();
  };
const open = { name: "open" };
const listening = {
  name: "main",
  ports: [
    { name: "http", containerPort: 8080 },
    { name: "admin", containerPort: 9090 },
  ],
};
const two = {
  ports: [
    { name: "web", port: 80, targetPort: 8080 },
    { name: "ops", port: 90, targetPort: "admin" },
  ],
};

export const namedServices = examplesOf<Named>("policies/facts/named-services.ts", {
  "a variable for a host names a Service, with the port behind it or beside it": [
    names(
      { DB_HOST: "pg" },
      { DB_HOST: "pg:5433" },
      { DB_HOST: "pg", DB_PORT: "5434" },
      { DB_HOST: "pg:5433", DB_PORT: "5434" },
      { DB_HOST: "pg", DB_PORT: "many" },
      { PGHOSTNAME: "pg", PGPORT: "5" },
      { NAME: "pg" },
    ),
    [
      "DB_HOST shop/pg undefined",
      "DB_HOST shop/pg 5433",
      "DB_HOST shop/pg 5434",
      "DB_HOST shop/pg 5433",
      "DB_HOST shop/pg undefined",
      "PGHOSTNAME shop/pg 5",
      "",
    ],
  ],
  "a Service of another namespace has it behind its name": [
    names(
      { DB_HOST: "pg.data" },
      { DB_HOST: "pg.data.svc.cluster.local" },
      { DB_HOST: "pg.data.example.com" },
      { DB_HOST: "pg.data.test" },
      { DB_HOST: "other" },
    ),
    ["DB_HOST data/pg undefined", "DB_HOST data/pg undefined", "", "", ""],
  ],
  "a URL names a Service, whatever its variable is called": [
    names({ X: "postgres://me:pw@pg:5433/db" }, { X: "http://pg/a" }, { BROKERS: "pg:1,other:2, pg.data:3" }),
    ["X shop/pg 5433", "X shop/pg undefined", "BROKERS shop/pg 1,BROKERS data/pg 3"],
  ],
  "what has no pods names no Service": [({ servicesNamedBy }) => [...servicesNamedBy(pg, stack(pg))], []],
  "a Service's port ends at its pods, by number, by name, or all of them": [
    (helper) => [80, "web", "ops", 90, undefined, 8080, "none"].map((wanted) => ends(two, wanted, listening)(helper)),
    ["web:8080", "web:8080", "web:9090", "web:9090", "web:8080,web:9090", "", ""],
  ],
  "a port without a target is the pods' own": [ends({ ports: [{ port: 8080 }] }, 8080, listening), "web:8080"],
  "a Service without an address leads to its own port": [
    (helper) => [
      ends({ clusterIP: "None", ports: [{ port: 8080, targetPort: 1 }] }, 8080, listening)(helper),
      ends({ clusterIP: "10.0.0.1", ports: [{ port: 80, targetPort: 8080 }] }, 80, listening)(helper),
    ],
    ["web:8080", "web:8080"],
  ],
  "pods that list other ports do not listen, and those that list none may": [
    (helper) =>
      [[listening], [listening, open], [open], [{ name: "other", ports: [{ containerPort: 5 }] }, listening]].map(
        (containers) => ends({ ports: [{ port: 7 }, { port: 8080 }] }, undefined, ...containers)(helper),
      ),
    ["web:8080", "web:7,web:8080", "web:7,web:8080", "web:8080"],
  ],
  "a container that only starts a pod listens for nobody": [ends({ ports: [{ port: 1 }] }, 1, listening), ""],
  "a port that no container names leads nowhere": [
    ends({ ports: [{ port: 80, targetPort: "none" }] }, 80, listening),
    "",
  ],
});
