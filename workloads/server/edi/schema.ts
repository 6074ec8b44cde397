/** One step of the schema. Steps are never changed after a release: a new one is added at the end. */
export interface Migration {
  readonly name: string;
  /**
   * A statement that defines tables ends the transaction around it, so a step that was cut off is run again from its
   * beginning: every statement must bear that, as CREATE TABLE IF NOT EXISTS does. One that changes a table asks
   * information_schema first, because MySQL knows IF NOT EXISTS for tables only.
   */
  readonly statements: readonly string[];
}

const options = "ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci";
const code = "CHARACTER SET ascii COLLATE ascii_bin";

/** Holds what was applied. */
export const migrationTable = "bots_migrations";

export const migrationTableStatement = `CREATE TABLE IF NOT EXISTS ${migrationTable} (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name VARCHAR(128) ${code} NOT NULL UNIQUE,
  checksum CHAR(64) ${code} NOT NULL,
  applied_at DATETIME(6) NOT NULL
) ${options}`;

/** The schema of the application, step by step (E16). */
export const migrations: readonly Migration[] = [
  {
    name: "0001_transaction",
    statements: [
      // dedup_key is "api:" and an idempotency key, or "file:" and the hash of a file's content, or nothing.
      `CREATE TABLE IF NOT EXISTS bots_transaction (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  partner VARCHAR(64) NOT NULL,
  editype VARCHAR(16) ${code} NOT NULL,
  messagetype VARCHAR(64) NOT NULL,
  payload MEDIUMTEXT NOT NULL,
  content_sha256 CHAR(64) ${code} NOT NULL,
  dedup_key VARCHAR(160) ${code} NULL UNIQUE,
  file_name VARCHAR(255) NULL,
  state VARCHAR(16) ${code} NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'done', 'error')),
  attempts INT UNSIGNED NOT NULL DEFAULT 0,
  reason VARCHAR(1000) NULL,
  created_at DATETIME(6) NOT NULL,
  next_attempt_at DATETIME(6) NOT NULL,
  finished_at DATETIME(6) NULL,
  processing_seconds DOUBLE NULL,
  KEY transaction_queue (state, next_attempt_at, id),
  KEY transaction_finished (finished_at, state, processing_seconds)
) ${options}`,
    ],
  },
  {
    name: "0002_acknowledgement",
    statements: [
      // The unique key makes a second result of a transaction impossible, whatever goes wrong with locks.
      `CREATE TABLE IF NOT EXISTS bots_acknowledgement (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  transaction_id BIGINT UNSIGNED NOT NULL UNIQUE,
  kind VARCHAR(16) ${code} NOT NULL,
  body MEDIUMTEXT NOT NULL,
  segments INT UNSIGNED NOT NULL,
  worker VARCHAR(255) NOT NULL,
  created_at DATETIME(6) NOT NULL,
  written_at DATETIME(6) NULL,
  KEY acknowledgement_unwritten (written_at, created_at),
  CONSTRAINT acknowledgement_of FOREIGN KEY (transaction_id) REFERENCES bots_transaction (id)
) ${options}`,
    ],
  },
  {
    name: "0003_enginerun",
    statements: [
      `CREATE TABLE IF NOT EXISTS bots_enginerun (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  holder VARCHAR(255) NOT NULL,
  connection_id BIGINT UNSIGNED NOT NULL,
  started_at DATETIME(6) NOT NULL,
  finished_at DATETIME(6) NULL,
  imported INT UNSIGNED NOT NULL DEFAULT 0,
  processed INT UNSIGNED NOT NULL DEFAULT 0,
  failed INT UNSIGNED NOT NULL DEFAULT 0,
  KEY enginerun_connection (connection_id),
  KEY enginerun_finished (finished_at)
) ${options}`,
    ],
  },
  {
    name: "0004_tally",
    statements: [
      // Counted in the transactions that finish the work; slots keep workers out of each other's way.
      `CREATE TABLE IF NOT EXISTS bots_tally (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  slot TINYINT UNSIGNED NOT NULL,
  state VARCHAR(16) ${code} NOT NULL,
  le VARCHAR(8) ${code} NOT NULL,
  transactions BIGINT UNSIGNED NOT NULL,
  seconds DOUBLE NOT NULL,
  UNIQUE KEY tally_of (slot, state, le)
) ${options}`,
    ],
  },
];

/** Tables without which nothing here works. */
export const tables = ["bots_transaction", "bots_acknowledgement", "bots_enginerun", "bots_tally"];
