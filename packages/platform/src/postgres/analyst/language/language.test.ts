import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { correct } from './correct.ts';
import { editDistance } from './edit-distance.ts';
import type { Meaning } from './meaning.ts';
import { normalise } from './normalise.ts';
import { tokensOf } from './tokens.ts';

const texts = (question: string) => tokensOf(question).map(({ text }) => text);

describe('normalise', () => {
  test.for([
    ['a direction override', 'revenue \u202etsew'],
    ['a zero-width space', 'rev\u200benue'],
    ['a joiner', 'rev\u200denue'],
    ['a tag character', 'revenue \u{e0041}'],
    ['a variation selector', 'revenue\ufe0f'],
    ['a Hangul filler', 'revenue \u3164'],
    ['a NUL', 'revenue\0'],
    ['an escape', '\u001b[2Jrevenue'],
    ['half a character', 'revenue \ud800'],
  ] as const)('refuses %s', ([, question]) => {
    expect(normalise(question)).toEqual({ ok: false, reason: 'invisible' });
  });

  test.for([
    ['Cyrillic', 'r\u0435venue'],
    ['Greek', 'revenu\u03b5'],
    ['Cherokee', '\u13d4evenue'],
  ] as const)('refuses look-alikes from %s', ([, question]) => {
    expect(normalise(question)).toEqual({ ok: false, reason: 'foreign_letters' });
  });

  test('reads other forms of the same letters as those letters', () => {
    expect(normalise('ｒｅｖｅｎｕｅ\tby\nregion')).toEqual({ ok: true, text: 'revenue by region' });
    expect(normalise('Société Générale')).toEqual({ ok: true, text: 'Société Générale' });
  });

  test('refuses what is too long, before and after it is unfolded', () => {
    expect(normalise('a'.repeat(2001))).toEqual({ ok: false, reason: 'too_long' });
    expect(normalise('\ufdfa'.repeat(1000))).toMatchObject({ ok: false });
    expect(normalise('  ')).toEqual({ ok: false, reason: 'empty' });
  });
});

describe('tokensOf', () => {
  test.for([
    ["What's the west's revenue?", ['what', 'the', 'west', 'revenue']],
    ["deals that aren't won", ['deals', 'that', 'are', 'not', 'won']],
    ['deals over $10,000.50', ['deals', 'over', '10,000.50']],
    ['month-over-month', ['month', 'over', 'month']],
    ['2025-01-01 – 2025-02-01', ['2025-01-01', 'to', '2025-02-01']],
    ['wanda@northwind.example, please', ['wanda@northwind.example', ',', 'please']],
    ['"Redwood Foods"', ['redwood foods']],
    ['top ten', ['top', 'ten']],
    ['5,000 - 20k', ['5,000', 'to', '20k']],
    ['over -5', ['over', '-', '5']],
    ["'; DROP", ["'", ';', 'drop']],
  ] as const)('reads %s', ([question, expected]) => {
    expect(texts(question)).toEqual(expected);
  });

  test.for([
    ['10k', 10_000],
    ['1.5m', 1_500_000],
    ['5,000', 5000],
    ['30%', 30],
    ['2bn', 2e9],
    ['5th', 5],
  ] as const)('reads %s as a number', ([text, value]) => {
    expect(tokensOf(text)[0]?.value).toBe(value);
  });

  test('loses no letter and no digit of a question', () => {
    const plain = fc.array(
      fc.constantFrom('revenue', '5,000', '10k', 'x', '-', '.', "'s", '@', '2025-01-01', '"', ';', '€', '%'),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(plain, (parts) => {
        const question = parts.join(' ');
        const kept = tokensOf(question).reduce((sum, { typed }) => sum + (typed.match(/[a-z\d]/g)?.length ?? 0), 0);
        expect(kept).toBe(question.match(/[a-z\d]/g)?.length ?? 0);
      }),
      { seed: 11 },
    );
  });

  // Twice the text may take about twice the time; a quadratic reader would take four times as long, and here a thousand times.
  test.for(['a', 'a.', 'a@', '1', '1,', '1-', '"', "'", "a'", '$', '-', ' ', 'a b ', '1e', '2025-0', '½', '('])(
    'takes time in proportion to the text: 100 kB of %j',
    (piece) => {
      const text = piece.repeat(Math.ceil(100_000 / piece.length));
      const before = process.cpuUsage();
      tokensOf(text);
      const { user, system } = process.cpuUsage(before);
      expect((user + system) / 1000).toBeLessThan(2000);
    },
  );
});

describe('correct', () => {
  const vocabulary = new Map<string, readonly Meaning[]>([
    ['revenue', [{ kind: 'measure', name: 'revenue' }]],
    ['quarterly', [{ kind: 'each_grain', grain: 'quarter' }]],
    ['northern', [{ kind: 'value', dimension: 'region', values: ['NORTH'] }]],
    ['without', [{ kind: 'not' }]],
    ['forecast', [{ kind: 'topic', topic: 'forecast' }]],
    ['stage', [{ kind: 'dimension', name: 'stage', plural: false }]],
    ['state', [{ kind: 'dimension', name: 'state', plural: false }]],
  ]);

  test('mends one letter, or two in a long word', () => {
    expect(correct('revnue', vocabulary)).toEqual({ kind: 'corrected', word: 'revenue' });
    expect(correct('kwartelry', vocabulary)).toEqual({ kind: 'none' });
    expect(correct('quartrely', vocabulary)).toEqual({ kind: 'corrected', word: 'quarterly' });
  });

  test('only offers what would change which rows count', () => {
    expect(correct('nothern', vocabulary)).toEqual({ kind: 'offered', words: ['northern'] });
    expect(correct('withot', vocabulary)).toEqual({ kind: 'offered', words: ['without'] });
  });

  test('does not choose between two, and never says that somebody meant what it cannot do', () => {
    expect(correct('stafe', vocabulary)).toEqual({ kind: 'offered', words: ['stage', 'state'] });
    expect(correct('forcast', vocabulary)).toEqual({ kind: 'none' });
  });

  test('leaves short words and anything but letters alone', () => {
    expect(correct('rev', vocabulary)).toEqual({ kind: 'none' });
    expect(correct('reven1e', vocabulary)).toEqual({ kind: 'none' });
  });

  test('a distance is the number of slips', () => {
    expect(editDistance('kitten', 'sitting', 5)).toBe(3);
    expect(editDistance('ab', 'ba', 2)).toBe(1);
    expect(editDistance('revenue', 'x', 2)).toBe(3);
  });
});
