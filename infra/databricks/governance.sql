-- Of infra/local/policy.yaml, by `pnpm generate`. Of another policy: causeway policy sql --dialect databricks --catalog NAME FILE
-- Governance of the policy, for Databricks, as the owner of the catalog.
-- The service principal 6f0c7d5e-1a52-4c36-8d1f-0b7a3a0d9c01 must be in the account groups west_sales: SQL cannot put it there.
-- The service principal 6f0c7d5e-1a52-4c36-8d1f-0b7a3a0d9c02 must be in the account groups east_sales: SQL cannot put it there.
-- The service principal 6f0c7d5e-1a52-4c36-8d1f-0b7a3a0d9c03 must be in the account groups managers: SQL cannot put it there.
-- The service principal 6f0c7d5e-1a52-4c36-8d1f-0b7a3a0d9c04 must be in the account groups executive: SQL cannot put it there.
-- The service principal 6f0c7d5e-1a52-4c36-8d1f-0b7a3a0d9c05 must be in the account groups finance: SQL cannot put it there.
-- The service principal 6f0c7d5e-1a52-4c36-8d1f-0b7a3a0d9c06 must be in the account groups admin: SQL cannot put it there.
-- The script makes and replaces; it revokes nothing. SHOW GRANTS says what an older policy left.
-- Groups are account groups: Unity Catalog grants to no others, and is_account_group_member is true for no others.
-- Under Genie, group functions were seen to answer for Genie and not for the person; rows and columns are then empty, not open.
-- Written from the documentation, and run on no real workspace. Run it on an empty catalog first.
-- SELECT on sales.deals shows every column of the table. On Postgres it shows only: amount, closed_on, customer, id, margin_pct, product, region, rep_email, stage.
-- SELECT on knowledge.documents shows every column of the table. On Postgres it shows only: body, id, search, source, title.

-- where everything is
USE CATALOG `main`;
CREATE SCHEMA IF NOT EXISTS `causeway`;
GRANT USE CATALOG ON CATALOG `main` TO `west_sales`;
GRANT USE CATALOG ON CATALOG `main` TO `east_sales`;
GRANT USE CATALOG ON CATALOG `main` TO `managers`;
GRANT USE CATALOG ON CATALOG `main` TO `executive`;
GRANT USE CATALOG ON CATALOG `main` TO `finance`;
GRANT USE CATALOG ON CATALOG `main` TO `admin`;

-- rows and columns of sales.deals
CREATE OR REPLACE FUNCTION `sales`.`causeway_rows_deals`(`region` STRING) RETURNS BOOLEAN
RETURN is_account_group_member('admin')
  OR (is_account_group_member('east_sales') AND (`region` = 'EAST'))
  OR is_account_group_member('executive')
  OR is_account_group_member('finance')
  OR is_account_group_member('managers')
  OR (is_account_group_member('west_sales') AND (`region` = 'WEST'));
ALTER TABLE `sales`.`deals` SET ROW FILTER `sales`.`causeway_rows_deals` ON (`region`);
CREATE OR REPLACE FUNCTION `sales`.`causeway_mask_deals_margin_pct`(`value` DECIMAL(5,2)) RETURNS DECIMAL(5,2)
RETURN CASE WHEN is_account_group_member('admin') OR is_account_group_member('executive') OR is_account_group_member('finance') THEN `value` END;
ALTER TABLE `sales`.`deals` ALTER COLUMN `margin_pct` SET MASK `sales`.`causeway_mask_deals_margin_pct`;
GRANT USE SCHEMA ON SCHEMA `sales` TO `admin`;
GRANT SELECT ON TABLE `sales`.`deals` TO `admin`;
GRANT USE SCHEMA ON SCHEMA `sales` TO `east_sales`;
GRANT SELECT ON TABLE `sales`.`deals` TO `east_sales`;
GRANT USE SCHEMA ON SCHEMA `sales` TO `executive`;
GRANT SELECT ON TABLE `sales`.`deals` TO `executive`;
GRANT USE SCHEMA ON SCHEMA `sales` TO `finance`;
GRANT SELECT ON TABLE `sales`.`deals` TO `finance`;
GRANT USE SCHEMA ON SCHEMA `sales` TO `managers`;
GRANT SELECT ON TABLE `sales`.`deals` TO `managers`;
GRANT USE SCHEMA ON SCHEMA `sales` TO `west_sales`;
GRANT SELECT ON TABLE `sales`.`deals` TO `west_sales`;

-- rows and columns of knowledge.documents
CREATE OR REPLACE FUNCTION `knowledge`.`causeway_rows_documents`(`audience` STRING) RETURNS BOOLEAN
RETURN is_account_group_member('admin')
  OR (is_account_group_member('east_sales') AND (`audience` = 'everyone'))
  OR is_account_group_member('executive')
  OR (is_account_group_member('finance') AND (`audience` IN ('everyone', 'managers', 'finance')))
  OR (is_account_group_member('managers') AND (`audience` IN ('everyone', 'managers')))
  OR (is_account_group_member('west_sales') AND (`audience` = 'everyone'));
ALTER TABLE `knowledge`.`documents` SET ROW FILTER `knowledge`.`causeway_rows_documents` ON (`audience`);
GRANT USE SCHEMA ON SCHEMA `knowledge` TO `admin`;
GRANT SELECT ON TABLE `knowledge`.`documents` TO `admin`;
GRANT USE SCHEMA ON SCHEMA `knowledge` TO `east_sales`;
GRANT SELECT ON TABLE `knowledge`.`documents` TO `east_sales`;
GRANT USE SCHEMA ON SCHEMA `knowledge` TO `executive`;
GRANT SELECT ON TABLE `knowledge`.`documents` TO `executive`;
GRANT USE SCHEMA ON SCHEMA `knowledge` TO `finance`;
GRANT SELECT ON TABLE `knowledge`.`documents` TO `finance`;
GRANT USE SCHEMA ON SCHEMA `knowledge` TO `managers`;
GRANT SELECT ON TABLE `knowledge`.`documents` TO `managers`;
GRANT USE SCHEMA ON SCHEMA `knowledge` TO `west_sales`;
GRANT SELECT ON TABLE `knowledge`.`documents` TO `west_sales`;

-- rows and columns of audit.tool_calls
CREATE SCHEMA IF NOT EXISTS `audit`;
CREATE OR REPLACE VIEW `audit`.`tool_calls` AS
SELECT
  `event_id`,
  `occurred_at`,
  `kind`,
  `request_id`,
  `trace_id`,
  `service`,
  `pattern`,
  `idp`,
  `human_subject`,
  `human_email`,
  `principal_id`,
  `role`,
  `agent`,
  `client_id`,
  `tool`,
  `arguments`,
  `statement`,
  `status`,
  `error_code`,
  `reason`,
  `rows_returned`,
  `masked_columns`,
  `latency_ms`,
  `policy_digest`,
  `producer`,
  `producer_seq`,
  `chain`,
  `chain_seq`,
  `prev_hash`,
  `hash`,
  `stored_at`
FROM `audit_base`.`tool_calls`
WHERE is_account_group_member('admin')
  OR is_account_group_member('executive')
  OR is_account_group_member('finance');
GRANT USE SCHEMA ON SCHEMA `audit` TO `admin`;
GRANT SELECT ON VIEW `audit`.`tool_calls` TO `admin`;
GRANT USE SCHEMA ON SCHEMA `audit` TO `executive`;
GRANT SELECT ON VIEW `audit`.`tool_calls` TO `executive`;
GRANT USE SCHEMA ON SCHEMA `audit` TO `finance`;
GRANT SELECT ON VIEW `audit`.`tool_calls` TO `finance`;

-- the tool genie_query
CREATE OR REPLACE FUNCTION `causeway`.`genie_query`() RETURNS BOOLEAN
RETURN true;
GRANT USE SCHEMA ON SCHEMA `causeway` TO `west_sales`;
GRANT EXECUTE ON FUNCTION `causeway`.`genie_query` TO `west_sales`;
GRANT USE SCHEMA ON SCHEMA `causeway` TO `east_sales`;
GRANT EXECUTE ON FUNCTION `causeway`.`genie_query` TO `east_sales`;
GRANT USE SCHEMA ON SCHEMA `causeway` TO `managers`;
GRANT EXECUTE ON FUNCTION `causeway`.`genie_query` TO `managers`;
GRANT USE SCHEMA ON SCHEMA `causeway` TO `executive`;
GRANT EXECUTE ON FUNCTION `causeway`.`genie_query` TO `executive`;
GRANT USE SCHEMA ON SCHEMA `causeway` TO `finance`;
GRANT EXECUTE ON FUNCTION `causeway`.`genie_query` TO `finance`;
GRANT USE SCHEMA ON SCHEMA `causeway` TO `admin`;
GRANT EXECUTE ON FUNCTION `causeway`.`genie_query` TO `admin`;

-- the tool ask_supervisor
CREATE OR REPLACE FUNCTION `causeway`.`ask_supervisor`() RETURNS BOOLEAN
RETURN true;
GRANT USE SCHEMA ON SCHEMA `causeway` TO `executive`;
GRANT EXECUTE ON FUNCTION `causeway`.`ask_supervisor` TO `executive`;
GRANT USE SCHEMA ON SCHEMA `causeway` TO `admin`;
GRANT EXECUTE ON FUNCTION `causeway`.`ask_supervisor` TO `admin`;

-- connections
CREATE CONNECTION IF NOT EXISTS `github` TYPE HTTP OPTIONS (
  host 'https://127.0.0.1',
  port '8711',
  base_path '/github',
  bearer_token secret('causeway', 'github')
);
GRANT USE CONNECTION ON CONNECTION `github` TO `executive`;
GRANT USE CONNECTION ON CONNECTION `github` TO `admin`;
CREATE CONNECTION IF NOT EXISTS `orders` TYPE HTTP OPTIONS (
  host 'https://127.0.0.1',
  port '8711',
  base_path '/v1',
  bearer_token secret('causeway', 'orders')
);
GRANT USE CONNECTION ON CONNECTION `orders` TO `executive`;
GRANT USE CONNECTION ON CONNECTION `orders` TO `admin`;

-- which policy this is
GRANT USE SCHEMA ON SCHEMA `causeway` TO `west_sales`;
GRANT USE SCHEMA ON SCHEMA `causeway` TO `east_sales`;
GRANT USE SCHEMA ON SCHEMA `causeway` TO `managers`;
GRANT USE SCHEMA ON SCHEMA `causeway` TO `executive`;
GRANT USE SCHEMA ON SCHEMA `causeway` TO `finance`;
GRANT USE SCHEMA ON SCHEMA `causeway` TO `admin`;
CREATE OR REPLACE FUNCTION `causeway`.`policy_digest`() RETURNS STRING
RETURN '91e2cc9c04f4b7d80c3186637d74947b99ae55f6911e11b4d53b2b3fc993c614';
GRANT EXECUTE ON FUNCTION `causeway`.`policy_digest` TO `west_sales`;
GRANT EXECUTE ON FUNCTION `causeway`.`policy_digest` TO `east_sales`;
GRANT EXECUTE ON FUNCTION `causeway`.`policy_digest` TO `managers`;
GRANT EXECUTE ON FUNCTION `causeway`.`policy_digest` TO `executive`;
GRANT EXECUTE ON FUNCTION `causeway`.`policy_digest` TO `finance`;
GRANT EXECUTE ON FUNCTION `causeway`.`policy_digest` TO `admin`;
