/** Conditions and alerts, which the log says, and the work of those who watch and tell, which it does not. Notation: `0001-ledger.ts`. */
export const alertTables = `
CREATE TABLE condition (id KEY, what TEXT NOT NULL, subject TEXT NOT NULL, level TEXT NOT NULL, detail TEXT NOT NULL, known_from BIGINT NOT NULL, known_to BIGINT NOT NULL);
CREATE INDEX condition_open ON condition (known_to, what, subject);
CREATE TABLE alert (id KEY, rule TEXT NOT NULL, thread TEXT NOT NULL, service TEXT, environment TEXT, severity BIGINT NOT NULL, exploited BIGINT NOT NULL, total BIGINT NOT NULL, document TEXT NOT NULL, known_from BIGINT NOT NULL, escalate_at BIGINT, escalated BIGINT, acknowledged BIGINT, acknowledged_at BIGINT, acknowledged_by TEXT, resolved BIGINT, resolved_at BIGINT);
CREATE INDEX alert_thread ON alert (thread);
CREATE INDEX alert_resolved ON alert (resolved);
CREATE TABLE alert_subject (alert BIGINT NOT NULL, place BIGINT NOT NULL, component TEXT, vulnerability TEXT, condition TEXT, PRIMARY KEY (alert, place)) CLUSTERED;
CREATE TABLE job (name TEXT NOT NULL PRIMARY KEY, due BIGINT NOT NULL, owner TEXT, lease_until BIGINT NOT NULL, claim BIGINT NOT NULL, last_began BIGINT, last_done BIGINT, last_error TEXT) CLUSTERED;
CREATE TABLE cursor (name TEXT NOT NULL PRIMARY KEY, entry BIGINT NOT NULL, place BIGINT NOT NULL, failing_since BIGINT, attempts BIGINT NOT NULL, next_at BIGINT NOT NULL, error TEXT, delivered BIGINT NOT NULL, moved BIGINT NOT NULL) CLUSTERED;
CREATE TABLE held (rule TEXT NOT NULL, thread TEXT NOT NULL, due BIGINT NOT NULL, content TEXT NOT NULL, PRIMARY KEY (rule, thread)) CLUSTERED;
CREATE TABLE dead_letter (sink TEXT NOT NULL, event TEXT NOT NULL, entry BIGINT NOT NULL, place BIGINT NOT NULL, reason TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (sink, event)) CLUSTERED;
CREATE TABLE thread_memory (sink TEXT NOT NULL, thread TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (sink, thread)) CLUSTERED;
CREATE TABLE timing (name TEXT NOT NULL, bound BIGINT NOT NULL, count BIGINT NOT NULL, total BIGINT NOT NULL, PRIMARY KEY (name, bound)) CLUSTERED;
`;
