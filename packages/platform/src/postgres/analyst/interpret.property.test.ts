import { loadModule } from 'libpg-query';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Plan } from './plan/plan.ts';
import { checkPlan } from './plan/check-plan.ts';
import { guardStatement } from './sql/guard-statement.ts';
import { writeStatement } from './sql/write-statement.ts';
import { CORPUS } from './testing/corpus.ts';
import { conversations } from './testing/generated-questions.ts';
import { demoModel, questionReader } from './testing/read-question.ts';

const model = demoModel();
const read = questionReader(model);

/** The only text in quotes that a statement of ours has. */
const LITERALS = new Set([
  'day',
  'week',
  'month',
  'quarter',
  'year',
  '1 day',
  '7 days',
  '1 month',
  '3 months',
  '1 year',
]);

beforeAll(() => loadModule());

describe('generated questions', () => {
  /** Everything that came out of them must be one SELECT over the model's relations, with nothing of the question in its text. */
  async function expectHeld(question: string, previous: Plan | undefined): Promise<Plan | undefined> {
    const meant = read(question, previous);
    if (meant.kind !== 'plan') {
      if (meant.text.length < 6) throw new Error(`nothing is said about ${question}`);
      return previous;
    }
    const { text, values } = writeStatement(meant.plan, model);
    await guardStatement(text, model);
    expect(highestParameter(text)).toBe(values.length);
    expect(
      [...text.matchAll(/'([^']*)'/g)].map(([, literal]) => literal).filter((literal) => !LITERALS.has(literal ?? '')),
    ).toEqual([]);
    expect(checkPlan(JSON.parse(JSON.stringify(meant.plan)), model)).toEqual(meant.plan);
    return meant.plan;
  }

  const highestParameter = (text: string) =>
    Math.max(0, ...[...text.matchAll(/\$(\d+)/g)].map(([, number]) => Number(number)));

  test('10,000 of them crash nothing, and every statement is one SELECT over the relations of the model', async () => {
    let answered = 0;
    await fc.assert(
      fc.asyncProperty(conversations(model), async (turns) => {
        let plan: Plan | undefined;
        for (const turn of turns) {
          const next = await expectHeld(turn, plan);
          if (next !== plan) answered++;
          plan = next;
        }
      }),
      { numRuns: 2500, seed: 20_261_015 },
    );
    // Most of the sentences must be understood, or the test would prove nothing.
    expect(answered).toBeGreaterThan(3000);
  }, 300_000);

  test('a word that nobody knows is never passed over', () => {
    const questions = CORPUS.flatMap(({ turns }) => (turns[0]?.rows === undefined ? [] : [turns[0].ask]));
    fc.assert(
      fc.property(
        fc.constantFrom(...questions),
        fc.nat(20),
        fc.constantFrom('zyxxo', 'blorf', 'Qwertz', 'xx', 'überflux', '§', '¤', 'sales_base'),
        (question, at, word) => {
          const words = question.split(' ');
          words.splice(Math.min(at, words.length), 0, word);
          expect(read(words.join(' ')).kind).not.toBe('plan');
        },
      ),
      { numRuns: 500, seed: 7 },
    );
  });
});
