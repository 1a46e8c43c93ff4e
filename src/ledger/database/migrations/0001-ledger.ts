/**
 * The first form of the ledger. What there is most of, deployments, has the narrowest columns and the fewest indexes. `BIGINT` is eight bytes on PostgreSQL and a plain integer on SQLite; `KEY` becomes the notation of
 * a numeric primary key on each, `TEXT` sorts by its bytes on both, `BYTES` that of binary data, and `ORDINAL` that of a number that only grows, for which PostgreSQL needs no
 * tree (`POSTGRES`: a statement for it alone), `CLUSTERING` a primary key that only SQLite has, and `CLUSTERED` keeps SQLite's rows in the order of the primary key.
 */
export const ledgerTables = `
CREATE TABLE ledger (one KEY, origin TEXT NOT NULL, size BIGINT NOT NULL, published_size BIGINT NOT NULL, published_root TEXT NOT NULL, last_recorded BIGINT NOT NULL);
CREATE TABLE pending (id KEY, bytes BYTES NOT NULL);
CREATE TABLE service (id KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE environment (id KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE artifact (id KEY, digest TEXT NOT NULL UNIQUE, kind TEXT, digest_of TEXT, name TEXT, platform TEXT, config_digest TEXT, entry BIGINT);
CREATE INDEX artifact_config ON artifact (config_digest);
CREATE TABLE inventory (id KEY, artifact BIGINT NOT NULL, document TEXT NOT NULL, sbom TEXT NOT NULL, components BIGINT NOT NULL, problems BIGINT NOT NULL, known_from BIGINT NOT NULL, known_to BIGINT NOT NULL);
CREATE INDEX inventory_artifact ON inventory (artifact);
CREATE TABLE advisory_name (id KEY, ecosystem TEXT NOT NULL, name TEXT NOT NULL, fingerprint TEXT, UNIQUE (ecosystem, name));
CREATE TABLE component (id KEY, purl TEXT NOT NULL UNIQUE, advisory_name BIGINT);
CREATE INDEX component_name ON component (advisory_name);
CREATE TABLE artifact_component (artifact BIGINT NOT NULL, component BIGINT NOT NULL, known_from BIGINT NOT NULL, known_to BIGINT NOT NULL, PRIMARY KEY (artifact, component, known_from)) CLUSTERED;
CREATE INDEX artifact_component_component ON artifact_component (component);
CREATE TABLE verdict (id KEY, artifact BIGINT NOT NULL, verdict TEXT NOT NULL, policy TEXT, snapshot TEXT, report TEXT NOT NULL, findings BIGINT NOT NULL, exceptions BIGINT NOT NULL, known_from BIGINT NOT NULL);
CREATE INDEX verdict_artifact ON verdict (artifact);
CREATE TABLE deployment (id KEY, service INT NOT NULL, environment INT NOT NULL, artifact INT NOT NULL, marks TEXT NOT NULL);
CREATE TABLE period (valid_from BIGINT NOT NULL, valid_to BIGINT NOT NULL, known_from BIGINT NOT NULL, known_to BIGINT NOT NULL, deployment INT NOT NULL, entry INT NOT NULL, service INT NOT NULL, environment INT NOT NULL, artifact INT NOT NULL, ending SMALLINT NOT NULL CLUSTERING(deployment, entry)) CLUSTERED;
POSTGRES CREATE INDEX period_deployment ON period (deployment);
CREATE INDEX period_place ON period (service, environment);
CREATE INDEX period_artifact ON period (artifact);
CREATE TABLE observation (id KEY, environment BIGINT NOT NULL, at BIGINT NOT NULL, covers_to BIGINT NOT NULL, document TEXT NOT NULL, containers BIGINT NOT NULL, drift BIGINT NOT NULL, known_from BIGINT NOT NULL);
CREATE INDEX observation_environment ON observation (environment, at);
CREATE TABLE drift (observation BIGINT NOT NULL, place BIGINT NOT NULL, environment BIGINT NOT NULL, service TEXT NOT NULL, what TEXT NOT NULL, digest TEXT, containers BIGINT NOT NULL, PRIMARY KEY (observation, place)) CLUSTERED;
CREATE TABLE snapshot (id KEY, digest TEXT NOT NULL UNIQUE, document TEXT NOT NULL, known_from BIGINT NOT NULL);
CREATE TABLE rescan (id KEY, snapshot BIGINT NOT NULL, artifact BIGINT, components BIGINT NOT NULL, opened BIGINT NOT NULL, closed BIGINT NOT NULL, problems BIGINT NOT NULL, known_from BIGINT NOT NULL);
CREATE TABLE vulnerability (id KEY, name TEXT NOT NULL UNIQUE, fingerprint TEXT);
CREATE TABLE vulnerability_name (name TEXT NOT NULL, vulnerability BIGINT NOT NULL, known_from BIGINT NOT NULL, PRIMARY KEY (name, vulnerability)) CLUSTERED;
CREATE INDEX vulnerability_name_vulnerability ON vulnerability_name (vulnerability);
CREATE TABLE component_match (component BIGINT NOT NULL, vulnerability BIGINT NOT NULL, known_from BIGINT NOT NULL, known_to BIGINT NOT NULL, first_known BIGINT NOT NULL, opened BIGINT NOT NULL, document BIGINT NOT NULL, place BIGINT NOT NULL, snapshot BIGINT NOT NULL, severity BIGINT NOT NULL, score BIGINT, exploited BIGINT NOT NULL, fixed_in TEXT, advisories TEXT NOT NULL, PRIMARY KEY (component, vulnerability, known_from, opened)) CLUSTERED;
CREATE INDEX component_match_vulnerability ON component_match (vulnerability);
CREATE TABLE decision (id KEY, entry BIGINT NOT NULL, place BIGINT NOT NULL, vulnerability TEXT NOT NULL, service TEXT, environment TEXT, component TEXT, artifact TEXT, subject TEXT NOT NULL, status TEXT NOT NULL, justification TEXT, owner TEXT, approved_by TEXT, valid_from BIGINT NOT NULL, valid_to BIGINT NOT NULL, known_from BIGINT NOT NULL, known_to BIGINT NOT NULL, superseded_by BIGINT, expired BIGINT);
CREATE INDEX decision_vulnerability ON decision (vulnerability);
CREATE INDEX decision_subject ON decision (subject);
CREATE INDEX decision_end ON decision (known_to, valid_to);
CREATE TABLE decision_name (name TEXT NOT NULL, decision BIGINT NOT NULL, PRIMARY KEY (name, decision)) CLUSTERED;
CREATE INDEX decision_name_decision ON decision_name (decision);
CREATE TABLE redaction (document TEXT NOT NULL PRIMARY KEY, entry BIGINT NOT NULL, known_from BIGINT NOT NULL) CLUSTERED;
CREATE TABLE outbox (entry ORDINAL, kind TEXT);
POSTGRES CREATE INDEX outbox_entry ON outbox USING brin (entry);
CREATE TABLE person (pseudonym TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL) CLUSTERED;
INSERT INTO ledger (one, origin, size, published_size, published_root, last_recorded) VALUES (1, '', 0, 0, '', 0);
`;
