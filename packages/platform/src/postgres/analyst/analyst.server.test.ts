import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sampleDeals } from '../../sample/deals.ts';
import { startDemoWorld } from '../../testing/start-demo-world.ts';
import type { ContractPerson } from '../../testing/contract-world.ts';
import type { Answer } from '../../platform.ts';
import { CORPUS, type Conversation, TODAY } from './testing/corpus.ts';
import type { Row } from './testing/corpus-figures.ts';

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
function near(rows: readonly Row[]): unknown[] {
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [
        name,
        typeof value === 'number' ? expect.closeTo(value, 1.9) : value,
      ]),
    ),
  );
}

describe('the corpus', () => {
  const turns = CORPUS.flatMap((conversation) => conversation.turns);

  test('is as large as promised', () => {
    const followUps = CORPUS.reduce((sum, conversation) => sum + conversation.turns.length - 1, 0);
    expect(turns.length).toBeGreaterThanOrEqual(200);
    expect(followUps).toBeGreaterThanOrEqual(40);
    expect(turns.filter(({ says }) => says !== undefined).length).toBeGreaterThanOrEqual(40);
  });

  test.for(
    CORPUS.map(
      (conversation) =>
        [
          conversation.turns
            .map(({ ask }) => ask)
            .join(' / ')
            .slice(0, 120),
          conversation,
        ] as const,
    ),
  )('answers %s', async ([, conversation]) => {
    const answers = await hold(conversation);
    const visible = sampleDeals().filter(person(conversation.who ?? 'executive').seesDeal);
    conversation.turns.forEach(({ ask, rows, says }, index) => {
      const answer = answers[index] as Answer;
      if (rows === undefined) {
        expect({ ask, status: answer.status, rows: answer.rows, text: answer.text }).toEqual({
          ask,
          status: 'clarification',
          rows: [],
          text: expect.stringMatching(says ?? /never/),
        });
        return;
      }
      const expected = rows(visible);
      expect({
        ask,
        text: answer.text,
        rows: answer.rows,
        totalRows: answer.totalRows,
        truncated: answer.truncated,
      }).toEqual({
        ask,
        text: answer.text,
        rows: near(expected.slice(0, 50)),
        totalRows: expected.length,
        truncated: expected.length > 50,
      });
      expect(answer.rows.map((row) => Object.keys(row)).every((names) => names.join() === answer.columns.join())).toBe(
        true,
      );
      expect(Buffer.byteLength(JSON.stringify(answer.plan))).toBeLessThanOrEqual(4096);
    });
  });
});
