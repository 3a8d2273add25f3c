import { expect, test } from 'vitest';
import { plainJson } from './plain-json.ts';

test.each(['\u007f', '\u009b31m', '\u202e', '\u200b', '\ufeff', '\u{e0041}', '\u2028'])(
  'what steers a terminal is written by its number, and reads as what it was: %j',
  (text) => {
    const json = plainJson(JSON.stringify({ text }));
    expect(json).not.toMatch(/[\u007f-\u009f\u2028]|\p{Cf}/u);
    expect(JSON.parse(json)).toEqual({ text });
  },
);

test('other text stays as it is', () => {
  const json = `${JSON.stringify({ text: 'München – 東京 🙂 "quoted"' })}\n`;
  expect(plainJson(json)).toBe(json);
});
