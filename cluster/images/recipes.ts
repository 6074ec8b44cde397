import { existsSync } from "node:fs";
import { join } from "node:path";
import { programPath } from "../build.ts";
import { clusterImages, clusterPrograms, rclone, traefik, workloadImages } from "../pins.ts";
import { kafka } from "./kafka/recipe.ts";
import { type Recipe, standIn } from "./recipe.ts";

const here = import.meta.dirname;
const checkout = join(here, "../..");
/** An image of one of the cluster's programs and nothing else. */
function single(image: string, name: string): Recipe {
  const program = clusterPrograms.find((candidate) => candidate.name === name)!;
  return {
    name: image,
    program,
    files: [{ from: programPath(program), to: name }],
    config: { entrypoint: [`/${name}`], user: "65532:65532", description: standIn(`${name} from its Go module`) },
  };
}

/** The image of the ingress controller, which is built after all others and beside the first update. */
export const traefikImage: Recipe = {
  name: clusterImages.traefik,
  program: traefik,
  files: [{ from: programPath(traefik), to: "usr/local/bin/traefik" }],
  config: {
    entrypoint: ["/usr/local/bin/traefik"],
    user: "65532:65532",
    description: standIn("Traefik from its Go module, without clients of DNS providers"),
  },
};

/** Every image that the local cluster needs before an update. */
export const recipes = (): readonly Recipe[] => [
  single(clusterImages.pause, "pause"),
  single(clusterImages.coredns, "coredns"),
  single(clusterImages.metricsServer, "metrics-server"),
  single(clusterImages.localPathProvisioner, "local-path-provisioner"),
  {
    name: clusterImages.busybox,
    packages: ["busybox-static"],
    files: [],
    config: { command: ["sh"], description: standIn("Debian's busybox-static") },
  },
  {
    name: workloadImages.postgres,
    packages: ["postgresql-15", "locales"],
    user: { name: "postgres", id: 999, home: "/var/lib/postgresql" },
    files: [{ from: join(here, "postgres-entrypoint.sh"), to: "usr/local/bin/docker-entrypoint.sh" }],
    afterwards: [
      'chroot "$1" localedef -i en_US -c -f UTF-8 en_US.UTF-8',
      `sed -i "s/^#listen_addresses = 'localhost'/listen_addresses = '*'/" "$1/usr/share/postgresql/15/postgresql.conf.sample"`,
      'rm -rf "$1"/var/lib/postgresql/* "$1"/etc/postgresql/*',
      'mkdir -p "$1/docker-entrypoint-initdb.d" "$1/var/lib/postgresql/data" "$1/var/run/postgresql"',
      'chown -R 999:999 "$1/var/lib/postgresql" "$1/var/run/postgresql"; chmod 3777 "$1/var/run/postgresql"',
    ],
    config: {
      entrypoint: ["docker-entrypoint.sh"],
      command: ["postgres"],
      environment: {
        PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/postgresql/15/bin",
        PGDATA: "/var/lib/postgresql/data",
        LANG: "en_US.utf8",
        PG_MAJOR: "15",
      },
      volumes: ["/var/lib/postgresql/data"],
      stopSignal: "SIGINT",
      description: standIn("Debian's postgresql-15"),
    },
  },
  {
    name: workloadImages.redis,
    packages: ["redis-server", "redis-tools"],
    user: { name: "redis", id: 999, home: "/data" },
    files: [{ from: join(here, "redis-entrypoint.sh"), to: "usr/local/bin/docker-entrypoint.sh" }],
    afterwards: ['mkdir -p "$1/data"; chown 999:999 "$1/data"'],
    config: {
      entrypoint: ["docker-entrypoint.sh"],
      command: ["redis-server"],
      workingDirectory: "/data",
      volumes: ["/data"],
      description: standIn("Debian's redis-server"),
    },
  },
  {
    name: workloadImages.mariadb,
    packages: ["mariadb-server", "mariadb-client", "tzdata"],
    user: { name: "mysql", id: 999, home: "/var/lib/mysql" },
    files: [
      { from: join(here, "mariadb-entrypoint.sh"), to: "usr/local/bin/docker-entrypoint.sh" },
      { from: join(here, "mariadb.cnf"), to: "etc/mysql/mariadb.cnf" },
    ],
    afterwards: [
      'rm -rf "$1"/var/lib/mysql/* "$1"/etc/mysql/mariadb.conf.d/* "$1"/etc/mysql/conf.d/*',
      'mkdir -p "$1/docker-entrypoint-initdb.d" "$1/var/lib/mysql" "$1/run/mysqld"',
      'chown 999:999 "$1/var/lib/mysql" "$1/run/mysqld"; chmod 1777 "$1/run/mysqld"',
    ],
    config: {
      entrypoint: ["docker-entrypoint.sh"],
      command: ["mariadbd"],
      environment: { LANG: "C.UTF-8" },
      volumes: ["/var/lib/mysql"],
      description: standIn("Debian's mariadb-server"),
    },
  },
  {
    name: workloadImages.mysql,
    packages: ["mysql-server-core", "mysql-client-core"],
    // The only release of Debian that has MySQL.
    suite: "sid",
    user: { name: "mysql", id: 999, home: "/var/lib/mysql" },
    files: [],
    afterwards: [
      'mkdir -p "$1/var/lib/mysql" "$1/run/mysqld"; chown 999:999 "$1/var/lib/mysql" "$1/run/mysqld"; chmod 1777 "$1/run/mysqld"',
    ],
    config: {
      command: ["mysqld"],
      environment: { LANG: "C.UTF-8" },
      volumes: ["/var/lib/mysql"],
      description: standIn("Debian's mysql-server-core, without the entrypoint, since only its programs are used"),
    },
  },
  kafka,
  {
    name: workloadImages.node,
    packages: ["libstdc++6", "ca-certificates"],
    user: { name: "node", id: 1000, home: "/home/node" },
    files: [
      { from: nodeProgram(), to: "usr/local/bin/node" },
      { from: join(here, "node-entrypoint.sh"), to: "usr/local/bin/docker-entrypoint.sh" },
    ],
    afterwards: ['mkdir -p "$1/home/node"; chown 1000:1000 "$1/home/node"'],
    config: {
      entrypoint: ["docker-entrypoint.sh"],
      command: ["node"],
      description: standIn("Debian with the Node.js of npm's node package"),
    },
  },
  {
    name: workloadImages.nginx,
    packages: ["nginx-light"],
    user: { name: "nginx", id: 101, home: "/var/cache/nginx" },
    files: [{ from: join(here, "nginx.conf"), to: "etc/nginx/nginx.conf" }],
    afterwards: [],
    config: {
      command: ["nginx", "-g", "daemon off;"],
      user: "101:101",
      stopSignal: "SIGQUIT",
      description: standIn("Debian's nginx-light"),
    },
  },
  {
    name: workloadImages.rclone,
    packages: ["ca-certificates"],
    user: { name: "rclone", id: 1009, home: "/home/rclone" },
    program: rclone,
    files: [{ from: programPath(rclone), to: "usr/local/bin/rclone" }],
    afterwards: ['mkdir -p "$1/data"'],
    config: {
      entrypoint: ["rclone"],
      workingDirectory: "/data",
      environment: { XDG_CONFIG_HOME: "/config" },
      description: standIn("Debian with rclone from its Go module, without the backends of other clouds"),
    },
  },
];

function nodeProgram(): string {
  const path = join(checkout, "node_modules/node/bin/node");
  if (!existsSync(path)) throw new Error(`${path} does not exist: run "npm ci" first`);
  return path;
}
