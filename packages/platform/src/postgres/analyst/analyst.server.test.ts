import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sampleDeals } from '../../sample/deals.ts';
import { startDemoWorld } from '../../testing/start-demo-world.ts';
import type { ContractPerson } from '../../testing/contract-world.ts';
import type { Answer } from '../../platform.ts';
import { CORPUS, type Conversation, TODAY, type Turn } from './testing/corpus.ts';
import type { Deals, Row } from './testing/corpus-figures.ts';

let world: Awaited<ReturnType<typeof startDemoWorld>>;

beforeAll(async () => {
  world = await startDemoWorld('embedded', () => new Date(`${TODAY}T12:00:00Z`));
});
afterAll(() => world?.stop());

const person = (name: string): ContractPerson => {
  const found = world.people.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`nobody is called ${name}`);
  return found;
};

async function hold({ who = 'executive', turns }: Conversation): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for (const { ask } of turns) {
    const session = await world.platform.open(person(who).caller, { requestId: 'corpus' });
    const plan: unknown = answers.at(-1)?.plan;
    // As a handle would carry it.
    const carried = plan === undefined ? {} : { plan: JSON.parse(JSON.stringify(plan)) as unknown };
    answers.push(await session.ask({ text: ask, ...carried }));
  }
  return answers;
}

/** Amounts are exact; what was divided is rounded by two engines. */
const near = (rows: Answer['rows'], expected: readonly Row[]) =>
  rows.map((row, index) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => {
        const figure = expected[index]?.[name];
        const close = typeof value === 'number' && typeof figure === 'number' && Math.abs(value - figure) < 0.0101;
        return [name, close ? figure : value];
      }),
    ),
  );

/** An answer as far as a turn of the corpus says what it must be. */
function told({ ask, rows, says }: Turn, answer: Answer, visible: Deals) {
  const { status, text, totalRows, truncated, columns } = answer;
  if (rows === undefined)
    return { ask, status, rows: answer.rows, text: says?.test(text) === true ? 'as expected' : text };
  const ordered = answer.rows.every((row) => Object.keys(row).join() === columns.join());
  return { ask, text, status, rows: near(answer.rows, rows(visible)), totalRows, truncated, ordered };
}

function wanted({ ask, rows }: Turn, { text }: Answer, visible: Deals) {
  if (rows === undefined) return { ask, status: 'clarification', rows: [], text: 'as expected' };
  const all = rows(visible);
  const truncated = all.length > 50;
  return { ask, text, status: 'completed', rows: all.slice(0, 50), totalRows: all.length, truncated, ordered: true };
}

describe('the corpus', () => {
  const turns = CORPUS.flatMap((conversation) => conversation.turns);

  test('is as large as promised', () => {
    const followUps = CORPUS.reduce((sum, conversation) => sum + conversation.turns.length - 1, 0);
    expect(turns.length).toBeGreaterThanOrEqual(200);
    expect(followUps).toBeGreaterThanOrEqual(40);
    expect(turns.filter(({ says }) => says !== undefined).length).toBeGreaterThanOrEqual(40);
  });

  const named = CORPUS.map(
    (talk) =>
      [
        talk.turns
          .map(({ ask }) => ask)
          .join(' / ')
          .slice(0, 120),
        talk,
      ] as const,
  );
  test.for(named)('answers %s', async ([, conversation]) => {
    const answers = await hold(conversation);
    const visible = sampleDeals().filter(person(conversation.who ?? 'executive').seesDeal);
    const pairs = conversation.turns.map((turn, index) => [turn, answers[index] as Answer] as const);
    expect(pairs.map(([turn, answer]) => told(turn, answer, visible))).toEqual(
      pairs.map(([turn, answer]) => wanted(turn, answer, visible)),
    );
    const sizes = answers.map(({ plan }) => Buffer.byteLength(JSON.stringify(plan ?? null)));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(4096);
  });
});
