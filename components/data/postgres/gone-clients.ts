/**
 * Server settings that end a session within a minute of its client's going without a word, and with it the session's
 * locks.
 * A node that lost its power closes no connection, and the kernel's own patience is more than two hours.
 */
export const goneClients = {
  /**
   * A client that opened a transaction and stopped, though its node answers. A session that needs longer sets 0 for
   * itself.
   */
  idle_in_transaction_session_timeout: "45s",
  /** A silent connection is asked after 20 s, five times every 5 s. */
  tcp_keepalives_idle: "20s",
  tcp_keepalives_interval: "5s",
  tcp_keepalives_count: "5",
  /**
   * Keepalives wait while data is on its way, so its confirmation has a limit of its own; so has a reader that stands
   * still.
   */
  tcp_user_timeout: "45s",
} as const;
