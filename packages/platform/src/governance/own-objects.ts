import { createHash } from 'node:crypto';
import { type GovernedObject, MARK_PREFIX, OWNER_ROLE } from '@causeway/policy';
import { escapeLiteral } from 'pg';

/** How each object looked after it was made: whoever changes one behind our back is found out, and the next apply puts it right. */
const APPLIED_OBJECTS = table('causeway', 'applied_objects', [
  'CREATE TABLE IF NOT EXISTS causeway.applied_objects (object text PRIMARY KEY, definition text NOT NULL)',
]);

const DEALS = table('sales_base', 'deals', [
  `CREATE TABLE IF NOT EXISTS sales_base.deals (
  id integer PRIMARY KEY,
  region text NOT NULL,
  customer text NOT NULL,
  rep_email text NOT NULL,
  product text NOT NULL,
  stage text NOT NULL,
  amount numeric(12, 2) NOT NULL,
  margin_pct numeric(5, 2) NOT NULL,
  closed_on date NOT NULL
)`,
  'CREATE INDEX IF NOT EXISTS deals_by_region_amount ON sales_base.deals (region, amount)',
  'CREATE INDEX IF NOT EXISTS deals_by_region_day ON sales_base.deals (region, closed_on)',
  'CREATE INDEX IF NOT EXISTS deals_by_rep ON sales_base.deals (rep_email)',
]);

const DOCUMENTS = table('knowledge_base', 'documents', [
  `CREATE TABLE IF NOT EXISTS knowledge_base.documents (
  id text PRIMARY KEY,
  title text NOT NULL,
  body text NOT NULL,
  source text NOT NULL,
  audience text NOT NULL CHECK (audience IN ('everyone', 'managers', 'finance', 'executive')),
  search tsvector NOT NULL GENERATED ALWAYS AS (
    setweight(to_tsvector('pg_catalog.english', title), 'A') || setweight(to_tsvector('pg_catalog.english', body), 'B')
  ) STORED
)`,
  'CREATE INDEX IF NOT EXISTS documents_by_words ON knowledge_base.documents USING gin (search)',
  // Similar spellings: only where the server has the extension.
  `DO $$
DECLARE place text;
BEGIN
  IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm') THEN
    CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA causeway;
    SELECT extnamespace::regnamespace::text INTO place FROM pg_extension WHERE extname = 'pg_trgm';
    EXECUTE format('CREATE INDEX IF NOT EXISTS documents_by_spelling ON knowledge_base.documents USING gin (title %s.gin_trgm_ops)', place);
  END IF;
END $$`,
]);

export const SAMPLE_TABLES = [DEALS, DOCUMENTS];

/** The policy's objects and what belongs to applying them: our own record, and the sample's tables where the policy is about them. */
export function withOwnObjects(objects: readonly GovernedObject[]): readonly GovernedObject[] {
  const bases = new Set(
    objects.flatMap((object) => (object.kind === 'row-policy' ? [`${object.schema}.${object.relation}`] : [])),
  );
  const tables = [APPLIED_OBJECTS, ...SAMPLE_TABLES.filter(({ name }) => bases.has(name))];
  const first = objects.findIndex(({ kind }) => kind === 'row-policy' || kind === 'view');
  const place = first === -1 ? objects.findLastIndex(({ kind }) => kind === 'table') + 1 : first;
  return [...objects.slice(0, place), ...tables, ...objects.slice(place)];
}

function table(schema: string, relation: string, creation: readonly string[]) {
  const name = `${schema}.${relation}`;
  const statements = [
    ...creation,
    `ALTER TABLE ${name} OWNER TO ${OWNER_ROLE}`,
    `REVOKE ALL ON TABLE ${name} FROM PUBLIC`,
  ];
  const mark = `${MARK_PREFIX}${createHash('sha256').update(statements.join('\0')).digest('hex').slice(0, 32)}`;
  return {
    kind: 'table' as const,
    name,
    schema,
    relation,
    mark,
    statements: [...statements, `COMMENT ON TABLE ${name} IS ${escapeLiteral(mark)}`],
  };
}
