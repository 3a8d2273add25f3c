import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineTool } from './define-tool.ts';
import { guardOutput } from './guard-output.ts';

const tool = defineTool({
  name: 'query_sales_data',
  title: 'x',
  description: 'x',
  input: z.strictObject({}),
  output: z.object({ rows: z.array(z.record(z.string(), z.string())), truncated: z.boolean() }),
  scope: 'sql',
  effect: 'read',
  audit: () => ({}),
  rows: 'rows',
  textCharsMax: 100,
  run: () => Promise.reject(new Error('not run')),
});

const guard = (...texts: string[]) => guardOutput(tool, { rows: texts.map((text) => ({ text })), truncated: false });
const textOf = (text: string) => (guard(text).content['rows'] as { text: string }[])[0]?.text;

test('plain text passes as it is, and the JSON is that of the content', () => {
  const { content, json } = guard('plain "quoted" text', 'München – 東京 🙂\n\tindented');
  expect(JSON.parse(json)).toEqual(content);
  expect(content['rows']).toEqual([{ text: 'plain "quoted" text' }, { text: 'München – 東京 🙂\n\tindented' }]);
});

describe('what a reader could not see, or would see elsewhere, is taken out', () => {
  test.each([
    ['a bell', '\u0007'],
    ['a NUL', '\0'],
    ['a carriage return', '\r'],
    ['an escape sequence', '\u001b[2J', '[2J'],
    ['delete', '\u007f'],
    ['a C1 control', '\u009b'],
    ['a bidirectional override', '\u202e'],
    ['an isolate', '\u2066'],
    ['a mark', '\u200f'],
    ['the Arabic letter mark', '\u061c'],
    ['a zero width space', '\u200b'],
    ['a combining grapheme joiner', '\u034f'],
    ['a Hangul filler', '\u3164'],
    ['a half-width filler', '\uffa0'],
    ['a Mongolian vowel separator', '\u180e'],
    ['a message of variation selectors', '\ufe0f\u{e0141}\u{e0142}', '\ufe0f'],
    ['a message of joiners', '\u200d\u200c\u200c\u200d', '\u200d'],
    ['a message that was held apart by what is taken out', '\u200d\u200b\u200c\u200b\u200d', '\u200d'],
    ['a byte order mark', '\ufeff'],
    ['a line separator', '\u2028'],
    ['a soft hyphen', '\u00ad'],
    ['hidden text in tag characters', '\u{e0049}\u{e0067}\u{e006e}'],
    ['half of a surrogate pair', '\ud83d'],
  ])('%s', (_, hidden, left = '') => {
    expect(textOf(`a${hidden}b`)).toBe(`a${left}b`);
  });

  test('in names too', () => {
    const { content } = guardOutput(tool, { rows: [{ 'a\u202eb': 'x' }], truncated: false });
    expect(content['rows']).toEqual([{ ab: 'x' }]);
  });
});

test('long text is cut, and says so', () => {
  expect(textOf('x'.repeat(101))).toBe(`${'x'.repeat(99)}…`);
  expect(textOf('x'.repeat(100))).toHaveLength(100);
});

test('an answer that is too large loses rows from its end, and says so', () => {
  const { content, json } = guard(...Array.from({ length: 20_000 }, (_, n) => `${n} ${'x'.repeat(80)}`));
  expect(json.length).toBeLessThanOrEqual(512 * 1024);
  expect(content['truncated']).toBe(true);
  expect((content['rows'] as { text: string }[])[0]?.text).toMatch(/^0 x/);
});

test('an answer that is too large and cannot say so is refused', () => {
  const silent = { ...tool, rows: undefined };
  const rows = Array.from({ length: 20_000 }, () => ({ text: 'x'.repeat(80) }));
  expect(() => guardOutput(silent, { rows, truncated: false })).toThrow(/over 524288 characters/);
});

test('an output that is not as declared goes nowhere', () => {
  expect(() => guardOutput(tool, { rows: [{ text: 5 }], truncated: false })).toThrow(/not as declared/);
});
