import type { AuditRecord } from '../record/record.ts';
import { BASE } from './audit-names.ts';

/**
 * The producer's columns and their types: those in which every value that a record may hold comes back as it was, because
 * `verify` computes the hashes again from what it reads.
 */
export const PRODUCER_COLUMNS: Readonly<Record<keyof AuditRecord, string>> = {
  event_id: 'uuid',
  // Milliseconds, as records have them: a finer type would hold an edit that no hash covers.
  occurred_at: 'timestamptz(3)',
  kind: 'text',
  request_id: 'text',
  trace_id: 'text',
  service: 'text',
  pattern: 'text',
  idp: 'text',
  human_subject: 'text',
  human_email: 'text',
  principal_id: 'text',
  role: 'text',
  agent: 'text',
  client_id: 'text',
  tool: 'text',
  arguments: 'jsonb',
  statement: 'text',
  status: 'text',
  error_code: 'text',
  reason: 'text',
  rows_returned: 'bigint',
  masked_columns: 'text[]',
  latency_ms: 'double precision',
  policy_digest: 'text',
  producer: 'uuid',
  producer_seq: 'bigint',
};

const REQUIRED = new Set([
  'event_id',
  'occurred_at',
  'kind',
  'request_id',
  'service',
  'status',
  'producer',
  'producer_seq',
]);

const columns = Object.entries(PRODUCER_COLUMNS).map(
  ([name, type]) => `  ${name} ${type}${REQUIRED.has(name) ? ' NOT NULL' : ''}`,
);

/** Postgres wants the partition key in every unique key: so the id is both, and its first 48 bits are the time. */
const TABLE = `CREATE TABLE IF NOT EXISTS ${BASE}.tool_calls (
${columns.join(',\n')},
  chain text NOT NULL,
  chain_seq bigint NOT NULL,
  prev_hash bytea NOT NULL,
  hash bytea NOT NULL,
  stored_at timestamptz NOT NULL,
  PRIMARY KEY (event_id)
) PARTITION BY RANGE (event_id)`;

/** The whole budget. A further index must name its query here. */
const INDEXES = [
  // verify: WHERE chain = $1 AND chain_seq > $2 ORDER BY chain_seq. The primary key serves the rest: duplicates, a span of time, newest first.
  `CREATE INDEX IF NOT EXISTS tool_calls_by_chain ON ${BASE}.tool_calls (chain, chain_seq)`,
  // query_audit_log and tail: what did this person do, newest first.
  `CREATE INDEX IF NOT EXISTS tool_calls_by_email ON ${BASE}.tool_calls (human_email, event_id) WHERE human_email IS NOT NULL`,
];

const OTHER_TABLES = [
  `CREATE TABLE IF NOT EXISTS ${BASE}.chains (
  chain text PRIMARY KEY CHECK (chain ~ '^[a-z][a-z0-9-]{0,30}$'),
  chain_seq bigint NOT NULL,
  hash bytea NOT NULL
)`,
  `CREATE TABLE IF NOT EXISTS ${BASE}.dead_letters (
  digest bytea PRIMARY KEY,
  buried_at timestamptz NOT NULL DEFAULT now(),
  batch text NOT NULL,
  producer uuid,
  producer_seq bigint,
  reason text NOT NULL,
  content text NOT NULL
)`,
  // What retention took away, so that reconcile does not call it lost.
  `CREATE TABLE IF NOT EXISTS ${BASE}.retired (
  producer uuid NOT NULL,
  first_seq bigint NOT NULL,
  last_seq bigint NOT NULL,
  month text NOT NULL
)`,
];

/** Those of the partitions are made with them; here, so that one that was dropped or switched off by hand comes back. */
const GUARD_PARTITIONS = `DO $guard$ DECLARE partition regclass; BEGIN
  FOR partition IN SELECT inhrelid FROM pg_inherits WHERE inhparent = '${BASE}.tool_calls'::regclass LOOP
    EXECUTE format('CREATE OR REPLACE TRIGGER append_only_truncate BEFORE TRUNCATE ON %s EXECUTE FUNCTION ${BASE}.refuse_change()', partition);
    EXECUTE format('ALTER TABLE %s ENABLE TRIGGER USER', partition);
  END LOOP;
END $guard$`;

/**
 * A second lock, against the owner's and an administrator's slips. Whoever may switch it off leaves traces in the chain.
 * On each row, because only such triggers are handed down to partitions.
 */
const APPEND_ONLY = [
  `CREATE OR REPLACE FUNCTION ${BASE}.refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = 'the audit trail is append-only: ' || TG_OP || ' is refused';
END $$`,
  `CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE ON ${BASE}.tool_calls FOR EACH ROW EXECUTE FUNCTION ${BASE}.refuse_change()`,
  `CREATE OR REPLACE TRIGGER append_only_truncate BEFORE TRUNCATE ON ${BASE}.tool_calls EXECUTE FUNCTION ${BASE}.refuse_change()`,
  `ALTER TABLE ${BASE}.tool_calls ENABLE TRIGGER USER`,
  GUARD_PARTITIONS,
];

export const TABLE_STATEMENTS: readonly string[] = [TABLE, ...INDEXES, ...OTHER_TABLES, ...APPEND_ONLY];
export const TABLES = ['tool_calls', 'chains', 'dead_letters', 'retired'] as const;
