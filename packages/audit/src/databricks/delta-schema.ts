import type { AuditRecord } from '../record/record.ts';

/** The producer's columns on Delta, in the types in which every value that a record may hold comes back as it was. */
export const DELTA_COLUMNS: Readonly<Record<keyof AuditRecord, string>> = {
  event_id: 'STRING',
  occurred_at: 'TIMESTAMP',
  kind: 'STRING',
  request_id: 'STRING',
  trace_id: 'STRING',
  service: 'STRING',
  pattern: 'STRING',
  idp: 'STRING',
  human_subject: 'STRING',
  human_email: 'STRING',
  principal_id: 'STRING',
  role: 'STRING',
  agent: 'STRING',
  client_id: 'STRING',
  tool: 'STRING',
  // JSON text: a MAP has one type for all values.
  arguments: 'STRING',
  statement: 'STRING',
  status: 'STRING',
  error_code: 'STRING',
  reason: 'STRING',
  rows_returned: 'BIGINT',
  masked_columns: 'ARRAY<STRING>',
  latency_ms: 'DOUBLE',
  policy_digest: 'STRING',
  producer: 'STRING',
  producer_seq: 'BIGINT',
};

/** The worker's columns. */
export const CHAIN_COLUMNS = {
  chain: 'STRING',
  chain_seq: 'BIGINT',
  prev_hash: 'STRING',
  hash: 'STRING',
} as const;

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

export interface DeltaSchemaOptions {
  /** The schema of the tables, as SQL writes it: with its catalog, quoted. */
  readonly base: string;
  readonly catalog: string;
  /** Principals, as SQL writes them: for a service principal its application id, quoted. */
  readonly worker: string;
  readonly reader: string;
}

/**
 * What the warehouse must be told once, by whoever owns the schema. Two batches at once must be seen to conflict, because nothing else keeps the chain
 * to one writer: so no deletion vectors and no clustering, which would let Delta look at single rows instead of files, and the strict isolation.
 */
export function deltaSchema({ base, catalog, worker, reader }: DeltaSchemaOptions): readonly string[] {
  const tables = ['tool_calls', 'dead_letters', 'retired', 'retired_chains'];
  return [
    `CREATE SCHEMA IF NOT EXISTS ${base}`,
    TOOL_CALLS(base),
    `CREATE TABLE IF NOT EXISTS ${base}.dead_letters (
  digest STRING NOT NULL,
  buried_at TIMESTAMP NOT NULL,
  batch STRING NOT NULL,
  producer STRING,
  producer_seq BIGINT,
  reason STRING NOT NULL,
  content STRING NOT NULL
) USING DELTA TBLPROPERTIES ('delta.appendOnly' = 'true')`,
    `CREATE TABLE IF NOT EXISTS ${base}.retired (
  producer STRING NOT NULL,
  first_seq BIGINT NOT NULL,
  last_seq BIGINT NOT NULL,
  month STRING NOT NULL
) USING DELTA`,
    `CREATE TABLE IF NOT EXISTS ${base}.retired_chains (
  chain STRING NOT NULL,
  chain_seq BIGINT NOT NULL,
  hash STRING NOT NULL
) USING DELTA`,
    ...[worker, reader].flatMap((principal) => [
      `GRANT USE CATALOG ON CATALOG ${catalog} TO ${principal}`,
      `GRANT USE SCHEMA ON SCHEMA ${base} TO ${principal}`,
      ...tables.map((table) => `GRANT SELECT ON TABLE ${base}.${table} TO ${principal}`),
    ]),
    // MERGE reads what it writes to: MODIFY alone is not enough, and MODIFY could also delete. The chain shows it.
    ...['tool_calls', 'dead_letters'].map((table) => `GRANT MODIFY ON TABLE ${base}.${table} TO ${worker}`),
  ];
}

const TOOL_CALLS = (base: string) => `CREATE TABLE IF NOT EXISTS ${base}.tool_calls (
${Object.entries(DELTA_COLUMNS)
  .map(([name, type]) => `  ${name} ${type}${REQUIRED.has(name) ? ' NOT NULL' : ''},`)
  .join('\n')}
${Object.entries(CHAIN_COLUMNS)
  .map(([name, type]) => `  ${name} ${type} NOT NULL,`)
  .join('\n')}
  stored_at TIMESTAMP NOT NULL,
  month STRING NOT NULL
) USING DELTA PARTITIONED BY (month) TBLPROPERTIES (
  'delta.appendOnly' = 'true',
  'delta.isolationLevel' = 'Serializable',
  'delta.enableDeletionVectors' = 'false',
  'delta.autoOptimize.autoCompact' = 'true',
  'delta.logRetentionDuration' = 'interval 365 days'
)`;
