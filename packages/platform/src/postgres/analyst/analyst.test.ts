import { describe, expect, test } from 'vitest';
import type { Statement } from '../../platform.ts';
import { createAnalyst } from './analyst.ts';
import { TODAY } from './testing/corpus.ts';
import { demoModel } from './testing/read-question.ts';

const analyst = createAnalyst({ model: demoModel(), now: () => new Date(`${TODAY}T23:59:59Z`) });

/** A session that answers each statement by its name, and notes what was asked. */
function sessionOf(answers: Readonly<Record<string, readonly unknown[]>> = {}, masked: readonly string[] = []) {
  const asked: Statement<unknown>[] = [];
  return {
    asked,
    masked: () => new Set(masked),
    query<Row>(statement: Statement<Row>): Promise<Row[]> {
      asked.push(statement);
      return Promise.resolve((answers[statement.name] ?? []).map((row) => statement.row.parse(row)));
    },
  };
}

const names = ({ asked }: ReturnType<typeof sessionOf>) => asked.map(({ name }) => name);

describe('ask', () => {
  test('asks the engine whether it may ask, and then one statement', async () => {
    const session = sessionOf({ 'analyst.answer': [{ revenue: 5, total_rows: 1 }] });
    const answer = await analyst.ask(session, { text: 'total revenue in 2025' });
    expect(answer).toMatchObject({
      status: 'completed',
      columns: ['revenue'],
      rows: [{ revenue: 5 }],
      totalRows: 1,
      truncated: false,
    });
    expect(names(session)).toEqual(['analyst.open', 'analyst.answer']);
    expect(answer.sql).toBe(session.asked[1]?.text);
    expect(session.asked[1]?.values).toEqual(['2025-01-01', '2026-01-01', 50]);
  });

  test('looks a name up once, and only where it is not masked', async () => {
    const session = sessionOf({ 'analyst.lookup': [] }, ['rep_email', 'product']);
    expect(await analyst.ask(session, { text: 'revenue of Acme' })).toMatchObject({
      status: 'clarification',
      rows: [],
    });
    expect(names(session)).toEqual(['analyst.open', 'analyst.lookup']);
    expect(session.asked[1]?.values).toEqual(['acme', 500]);
  });

  test('does not choose among more values than it can see', async () => {
    const many = Array.from({ length: 500 }, (_, index) => ({
      value: index < 2 ? `Acme ${index}` : `Acmeville ${index}`,
    }));
    const session = sessionOf({ 'analyst.lookup': many }, ['rep_email', 'product']);
    expect(await analyst.ask(session, { text: 'revenue of Acme' })).toMatchObject({ status: 'clarification' });
  });

  test('shows fifty rows, and says how many there are', async () => {
    const rows = Array.from({ length: 50 }, (_, index) => ({ customer: `c${index}`, revenue: 1, total_rows: 60 }));
    const answer = await analyst.ask(sessionOf({ 'analyst.answer': rows }), { text: 'revenue by customer' });
    expect(answer).toMatchObject({ totalRows: 60, truncated: true });
    const top = await analyst.ask(sessionOf({ 'analyst.answer': rows.slice(0, 5) }), { text: 'top 5 customers' });
    expect(top).toMatchObject({ totalRows: 5, truncated: false });
  });

  test('goes on from the last answer after a question that it could not answer, but not after starting over', async () => {
    const { plan } = await analyst.ask(sessionOf(), { text: 'revenue in WEST' });
    expect((await analyst.ask(sessionOf(), { text: 'show me the thing', plan })).plan).toEqual(plan);
    expect((await analyst.ask(sessionOf(), { text: 'predict it', plan })).plan).toEqual(plan);
    expect(await analyst.ask(sessionOf(), { text: 'start over', plan })).not.toHaveProperty('plan');
  });

  test('says which columns of a list are empty for this caller', async () => {
    const answer = await analyst.ask(sessionOf({}, ['margin_pct']), { text: 'show the deals' });
    expect(answer.text).toContain('Not available to you, and therefore empty: margin_pct.');
  });

  test.for([
    'average margin',
    'deals with margin over 50',
    'margin by region',
    'deals sorted by margin',
    'customers with average margin over 50%',
    'highest margin',
  ])('does not work with what is masked: %s', async (text) => {
    const session = sessionOf({}, ['margin_pct']);
    expect((await analyst.ask(session, { text })).text).toContain('margin is not available to you');
    expect(names(session)).toEqual(['analyst.open']);
  });

  test.for(['deals in WEST', 'how many deals in 2025', 'revenue by stage', 'win rate', 'how many regions'])(
    'nor with masked dimensions and dates: %s',
    async (text) => {
      const session = sessionOf({}, ['region', 'stage', 'closed_on']);
      expect((await analyst.ask(session, { text })).text).toContain('not available to you');
    },
  );

  test('refuses a plan of another model', async () => {
    const plan = { version: 1, relation: 'orders' };
    await expect(analyst.ask(sessionOf(), { text: 'only WEST', plan })).rejects.toMatchObject({ code: 'not_found' });
  });
});
