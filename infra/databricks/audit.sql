-- By `pnpm generate`. The tables of the audit trail, for a SQL warehouse, as who is to own them: once, before governance.sql, whose view is over them.
-- AUDIT_WORKER_APPLICATION_ID: application id of the worker's service principal. AUDIT_READER: who runs `causeway audit verify`, a group or an application id.

CREATE SCHEMA IF NOT EXISTS `main`.`audit_base`;
CREATE TABLE IF NOT EXISTS `main`.`audit_base`.tool_calls (
  event_id STRING NOT NULL,
  occurred_at TIMESTAMP NOT NULL,
  kind STRING NOT NULL,
  request_id STRING NOT NULL,
  trace_id STRING,
  service STRING NOT NULL,
  pattern STRING,
  idp STRING,
  human_subject STRING,
  human_email STRING,
  principal_id STRING,
  role STRING,
  agent STRING,
  client_id STRING,
  tool STRING,
  arguments STRING,
  statement STRING,
  status STRING NOT NULL,
  error_code STRING,
  reason STRING,
  rows_returned BIGINT,
  masked_columns ARRAY<STRING>,
  latency_ms DOUBLE,
  policy_digest STRING,
  producer STRING NOT NULL,
  producer_seq BIGINT NOT NULL,
  chain STRING NOT NULL,
  chain_seq BIGINT NOT NULL,
  prev_hash STRING NOT NULL,
  hash STRING NOT NULL,
  stored_at TIMESTAMP NOT NULL,
  month STRING NOT NULL
) USING DELTA PARTITIONED BY (month) TBLPROPERTIES (
  'delta.appendOnly' = 'true',
  'delta.isolationLevel' = 'Serializable',
  'delta.enableDeletionVectors' = 'false',
  'delta.autoOptimize.autoCompact' = 'true',
  'delta.logRetentionDuration' = 'interval 365 days'
);
CREATE TABLE IF NOT EXISTS `main`.`audit_base`.dead_letters (
  digest STRING NOT NULL,
  buried_at TIMESTAMP NOT NULL,
  batch STRING NOT NULL,
  producer STRING,
  producer_seq BIGINT,
  reason STRING NOT NULL,
  content STRING NOT NULL
) USING DELTA TBLPROPERTIES ('delta.appendOnly' = 'true');
CREATE TABLE IF NOT EXISTS `main`.`audit_base`.retired (
  producer STRING NOT NULL,
  first_seq BIGINT NOT NULL,
  last_seq BIGINT NOT NULL,
  month STRING NOT NULL
) USING DELTA;
CREATE TABLE IF NOT EXISTS `main`.`audit_base`.retired_chains (
  chain STRING NOT NULL,
  chain_seq BIGINT NOT NULL,
  hash STRING NOT NULL
) USING DELTA;
GRANT USE CATALOG ON CATALOG `main` TO `AUDIT_WORKER_APPLICATION_ID`;
GRANT USE SCHEMA ON SCHEMA `main`.`audit_base` TO `AUDIT_WORKER_APPLICATION_ID`;
GRANT SELECT ON TABLE `main`.`audit_base`.tool_calls TO `AUDIT_WORKER_APPLICATION_ID`;
GRANT SELECT ON TABLE `main`.`audit_base`.dead_letters TO `AUDIT_WORKER_APPLICATION_ID`;
GRANT SELECT ON TABLE `main`.`audit_base`.retired TO `AUDIT_WORKER_APPLICATION_ID`;
GRANT SELECT ON TABLE `main`.`audit_base`.retired_chains TO `AUDIT_WORKER_APPLICATION_ID`;
GRANT USE CATALOG ON CATALOG `main` TO `AUDIT_READER`;
GRANT USE SCHEMA ON SCHEMA `main`.`audit_base` TO `AUDIT_READER`;
GRANT SELECT ON TABLE `main`.`audit_base`.tool_calls TO `AUDIT_READER`;
GRANT SELECT ON TABLE `main`.`audit_base`.dead_letters TO `AUDIT_READER`;
GRANT SELECT ON TABLE `main`.`audit_base`.retired TO `AUDIT_READER`;
GRANT SELECT ON TABLE `main`.`audit_base`.retired_chains TO `AUDIT_READER`;
GRANT MODIFY ON TABLE `main`.`audit_base`.tool_calls TO `AUDIT_WORKER_APPLICATION_ID`;
GRANT MODIFY ON TABLE `main`.`audit_base`.dead_letters TO `AUDIT_WORKER_APPLICATION_ID`;
