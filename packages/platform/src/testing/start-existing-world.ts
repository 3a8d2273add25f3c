import { parsePolicy, readPolicyFile } from '@causeway/policy';
import {
  type PostgresKind,
  startTestPostgres,
  stopAndThrow,
  TEST_PASSWORD,
  type TestPostgres,
} from '@causeway/runtime/testing/postgres-server';
import pg from 'pg';
import { applyGovernance } from '../governance/apply-governance.ts';
import { createPostgresPlatform } from '../postgres/postgres-platform.ts';
import { sampleDeals } from '../sample/deals.ts';
import { sampleDocuments } from '../sample/documents.ts';
import { CONTRACT_GRANTS, type ContractWorld, contractPeople } from './contract-world.ts';
import { DEMO_POLICY } from './demo-policy.ts';
import { openBystander } from './open-bystander.ts';

/** A shop that was there first: other names, an owner and a login of its own. */
const SHOP = `
CREATE ROLE shop_owner; CREATE ROLE shop_app LOGIN;
CREATE SCHEMA shop AUTHORIZATION shop_owner;
SET ROLE shop_owner;
CREATE TABLE shop.orders (
  order_no integer PRIMARY KEY, "Zone" text NOT NULL, client text NOT NULL, agent_mail text NOT NULL, article text NOT NULL,
  phase text NOT NULL, total numeric(12, 2) NOT NULL, profit numeric(5, 2) NOT NULL, done_on date NOT NULL, internal_note text
);
CREATE TABLE shop.pages (page_id text PRIMARY KEY, heading text NOT NULL, content text NOT NULL, origin text NOT NULL, readers text NOT NULL);
CREATE TABLE shop.secrets (secret text);
GRANT USAGE ON SCHEMA shop TO shop_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA shop TO shop_app;
RESET ROLE`;

const DATA = `
datasets:
  deals:
    relation: sales.orders
    columns:
      deal_id: order_no
      region: Zone
      customer: client
      rep_email: agent_mail
      product: article
      stage: phase
      amount: total
      margin_pct: profit
      closed_on: done_on
  documents:
    relation: sales.pages
    columns: { document_id: page_id, title: heading, body: content, source: origin }
data:
  sales.orders:
    from: shop.orders
    rows:
      west_sales: '"Zone" = ''WEST'''
      east_sales: '"Zone" = ''EAST'''
      managers: all
      executive: all
      finance: all
      admin: all
    masks:
      profit: { visibleTo: [executive, finance, admin] }
  sales.pages:
    from: shop.pages
    rows:
      west_sales: readers = 'everyone'
      east_sales: readers = 'everyone'
      managers: readers IN ('everyone', 'managers')
      finance: readers IN ('everyone', 'managers', 'finance')
      executive: all
      admin: all

`;

export interface ExistingWorld extends ContractWorld {
  readonly server: TestPostgres;
  /** Everything of the shop's that must not change, before Causeway came and now. */
  readonly shopBefore: unknown;
  shopNow(): Promise<unknown>;
  /** What the shop's application met while the policy was being applied. */
  readonly application: { readonly rounds: number; readonly failures: readonly unknown[] };
  /** One more round of the application's work. */
  work(): Promise<void>;
}

/** The same rules over a schema that somebody else's application owns and uses, while it uses it. */
export async function startExistingWorld(kind: PostgresKind): Promise<ExistingWorld> {
  const server = await startTestPostgres(kind);
  return buildWorld(server).catch((error: unknown) => stopAndThrow(server, error));
}

async function buildWorld(server: TestPostgres): Promise<ExistingWorld> {
  await server.asAdmin((admin) => admin.query(SHOP));
  await server.asAdmin(fillShop);
  const shopNow = () => server.asAdmin(shopState);
  const shopBefore = await shopNow();
  const policy = await existingPolicy();
  const work = () => workAsShop(server.urlOf('postgres', 'shop_app'));
  const application = await during(work, () =>
    applyGovernance({ adminUrl: server.url, policy, gatewayPassword: TEST_PASSWORD, grantSources: true }),
  );
  const url = server.urlOf('postgres', 'causeway_gateway');
  const bystander = await openBystander(server);
  const platform = createPostgresPlatform({ url, policy: () => policy, poolMax: 4 });
  return {
    server,
    platform,
    shopBefore,
    shopNow,
    application,
    work,
    people: contractPeople(policy.policy),
    deals: {
      relation: 'sales.orders',
      base: 'shop.orders',
      column: {
        id: 'order_no',
        region: '"Zone"',
        customer: 'client',
        rep_email: 'agent_mail',
        product: 'article',
        stage: 'phase',
        amount: 'total',
        margin_pct: 'profit',
        closed_on: 'done_on',
      },
      rows: sampleDeals(),
    },
    documents: {
      relation: 'sales.pages',
      base: 'shop.pages',
      column: { id: 'page_id', title: 'heading', body: 'content', source: 'origin', audience: 'readers' },
      rows: sampleDocuments(),
    },
    grants: CONTRACT_GRANTS,
    async stop() {
      await bystander.close();
      await platform.close();
      await server.stop();
    },
  };
}

export async function existingPolicy() {
  const text = await readPolicyFile(DEMO_POLICY);
  const before = text.slice(0, text.indexOf('\ndatasets:'));
  const after = text.slice(text.indexOf('\nconnections:'));
  return parsePolicy(`${before}${DATA}${after}`, { file: DEMO_POLICY });
}

async function fillShop(admin: pg.Client): Promise<void> {
  await admin.query(
    `INSERT INTO shop.orders SELECT id, region, customer, rep_email, product, stage, amount, margin_pct, closed_on, 'private'
FROM json_to_recordset($1) AS d (id int, region text, customer text, rep_email text, product text, stage text, amount numeric, margin_pct numeric, closed_on date)`,
    [JSON.stringify(sampleDeals())],
  );
  await admin.query(
    `INSERT INTO shop.pages SELECT id, title, body, source, audience
FROM json_to_recordset($1) AS d (id text, title text, body text, source text, audience text)`,
    [JSON.stringify(sampleDocuments())],
  );
  await admin.query(`INSERT INTO shop.secrets VALUES ('the shop’s own'); ANALYZE shop.orders, shop.pages`);
}

/** Owners, rights, row security, columns and the transactions that wrote them; of the table's rights only those that are not our views'. */
async function shopState(admin: pg.Client): Promise<unknown> {
  const { rows } = await admin.query(`
SELECT c.relname, c.relkind, c.relowner::regrole::text AS owner, c.relacl::text, c.relrowsecurity, c.relforcerowsecurity,
  (SELECT count(*) FROM pg_policy WHERE polrelid = c.oid) AS policies, (SELECT count(*) FROM pg_trigger WHERE tgrelid = c.oid) AS triggers,
  (SELECT string_agg(attname || ' ' || atttypid::regtype, ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0) AS columns,
  n.nspowner::regrole::text AS schema_owner, obj_description(c.oid) AS comment
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'shop' ORDER BY c.relname`);
  return rows;
}

/** What the application does all day: it writes an order, reads it back, changes it and removes it. */
async function workAsShop(connectionString: string): Promise<void> {
  const app = new pg.Client({ connectionString });
  await app.connect();
  try {
    await app.query(`INSERT INTO shop.orders VALUES (900001, 'WEST', 'c', 'a', 'p', 'won', 1, 2, '2026-01-01', 'n')`);
    const { rows } = await app.query(`SELECT profit::text, internal_note FROM shop.orders WHERE order_no = 900001`);
    if (rows[0]?.profit !== '2.00' || rows[0]?.internal_note !== 'n')
      throw new Error('the application reads something else');
    const { rows: all } = await app.query('SELECT count(*)::int AS n FROM shop.orders');
    if (all[0]?.n !== 5001) throw new Error(`the application sees ${all[0]?.n} orders`);
    await app.query(`UPDATE shop.orders SET phase = 'lost' WHERE order_no = 900001`);
    await app.query('DELETE FROM shop.orders WHERE order_no = 900001');
  } finally {
    await app.end();
  }
}

async function during(work: () => Promise<void>, act: () => Promise<unknown>) {
  let acting = true;
  let rounds = 0;
  const failures: unknown[] = [];
  const acted = act().finally(() => (acting = false));
  while (acting) {
    await work().catch((error: unknown) => failures.push(error));
    rounds++;
  }
  await acted;
  return { rounds, failures };
}
