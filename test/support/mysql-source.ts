import { images } from "../../components/images.ts";

const nobody = "DEFINER = 'nobody'@'192.0.2.1'";

/** Statements that make five objects around the table drill_orders, all of a user who has no account on any server. */
export const foreignObjects: readonly string[] = [
  `CREATE ${nobody} VIEW drill_view AS SELECT id FROM drill_orders`,
  `CREATE ${nobody} TRIGGER drill_trigger BEFORE INSERT ON drill_orders FOR EACH ROW SET NEW.id = NEW.id + 0`,
  `CREATE ${nobody} PROCEDURE drill_procedure() DELETE FROM drill_orders`,
  `CREATE ${nobody} FUNCTION drill_function() RETURNS INT DETERMINISTIC RETURN 1`,
  `CREATE ${nobody} EVENT drill_event ON SCHEDULE EVERY 1 DAY STARTS '2036-01-01 02:00:00' DO DELETE FROM drill_orders`,
];

/** What the server holds: a table of the collation that MySQL 8 gives to every new one, and objects of nobody. */
const content = [
  "CREATE DATABASE botsedi_data CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci",
  "USE botsedi_data",
  "CREATE TABLE drill_orders (id INT PRIMARY KEY, partner VARCHAR(64) NOT NULL)",
  "INSERT INTO drill_orders VALUES (1, 'ACME'), (2, 'Müller')",
  ...foreignObjects,
];

/** Leaves /data/ready when all of that is there. Reading routines of others takes a right of its own. */
export const sourceScript = `set -eu; umask 077
mysqld --no-defaults --initialize-insecure --datadir=/data/db --tmpdir=/data/
mysqld --no-defaults --datadir=/data/db --socket=/data/socket --pid-file=/data/pid --tmpdir=/data/ --mysqlx=OFF --skip-log-bin --secure-file-priv=NULL --performance-schema=OFF --event-scheduler=OFF --skip-name-resolve &
until mysqladmin --no-defaults --socket=/data/socket --user=root --silent ping; do kill -0 $!; sleep 1; done
mysql --no-defaults --socket=/data/socket --user=root <<SQL
${content.join(";\n")};
CREATE USER 'botsedi'@'%' IDENTIFIED BY '$(cat /credentials/password)';
GRANT ALL ON botsedi_data.* TO 'botsedi'@'%';
GRANT SHOW_ROUTINE ON *.* TO 'botsedi'@'%';
SQL
touch /data/ready
wait`;

const labels = { app: "mysql-8" };
const backup = { app: "bots-edi", component: "backup" };
const port = { protocol: "TCP", port: 3306 };
const metadata = { name: "mysql-8", namespace: "edi", labels };

/**
 * A MySQL server beside EDI's own, under the name mysql-8 and with the password of EDI's user; everything goes with its
 * pod.
 */
export const mysqlSource: readonly object[] = [
  { apiVersion: "v1", kind: "Service", metadata, spec: { selector: labels, ports: [{ port: 3306 }] } },
  {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata,
    spec: {
      podSelector: { matchLabels: labels },
      policyTypes: ["Ingress"],
      ingress: [{ from: [{ podSelector: { matchLabels: backup } }], ports: [port] }],
    },
  },
  {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { ...metadata, name: "mysql-8-backup" },
    spec: {
      podSelector: { matchLabels: backup },
      policyTypes: ["Egress"],
      egress: [{ to: [{ podSelector: { matchLabels: labels } }], ports: [port] }],
    },
  },
  {
    apiVersion: "v1",
    kind: "Pod",
    metadata,
    spec: {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 1,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 999,
        runAsGroup: 999,
        fsGroup: 999,
        seccompProfile: { type: "RuntimeDefault" },
      },
      containers: [
        {
          name: "mysql",
          image: images.mysql,
          imagePullPolicy: "IfNotPresent",
          command: ["bash", "-c", sourceScript],
          readinessProbe: { exec: { command: ["test", "-e", "/data/ready"] }, periodSeconds: 2, timeoutSeconds: 5 },
          resources: {
            requests: { cpu: "50m", memory: "256Mi", "ephemeral-storage": "64Mi" },
            limits: { cpu: "1", memory: "1Gi", "ephemeral-storage": "2Gi" },
          },
          securityContext: {
            allowPrivilegeEscalation: false,
            capabilities: { drop: ["ALL"] },
            readOnlyRootFilesystem: true,
          },
          volumeMounts: [
            { name: "data", mountPath: "/data" },
            { name: "password", mountPath: "/credentials", readOnly: true },
          ],
        },
      ],
      volumes: [
        { name: "data", emptyDir: { sizeLimit: "2Gi" } },
        { name: "password", secret: { secretName: "bots-edidb-secret" } },
      ],
    },
  },
];
