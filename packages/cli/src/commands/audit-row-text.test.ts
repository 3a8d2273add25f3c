import type { StoredRow } from '@causeway/audit';
import { describe, expect, test } from 'vitest';
import { csvLine, rowJson, rowLine } from './audit-row-text.ts';

const HOSTILE = '\u001b[2J\u009b31m\u202eflipped\u{e0041}\u2028';

function rowWith(reason: string): StoredRow {
  const record = { occurred_at: 'now', status: 'error', kind: 'tool_call', tool: 'x', error_code: 'internal', reason };
  const part = { record, chain: 'main', chainSeq: 1, storedAt: 'now' };
  return { ...part, prevHash: Buffer.alloc(1), hash: Buffer.alloc(1) } as unknown as StoredRow;
}

describe('what a terminal would obey', () => {
  const steers = /\p{Cc}|\p{Cf}/u;

  test('is not in the line for a person', () => {
    expect(rowLine(rowWith(HOSTILE))).not.toMatch(steers);
  });

  test('is written in JSON by its number, and read as what it was', () => {
    const text = rowJson(rowWith(HOSTILE));
    expect(text).not.toMatch(steers);
    expect(JSON.parse(text)).toMatchObject({ reason: HOSTILE });
  });

  test('is not in a cell', () => {
    expect(csvLine([HOSTILE]).trimEnd()).not.toMatch(steers);
  });
});

describe('what a spreadsheet would run', () => {
  test.each(['=1', '+1', '-1', '@x', '\t=1', '＝1'])('begins with an apostrophe: %j', (text) => {
    expect(csvLine([text])).toMatch(/^"?'/);
  });

  test.each(['a;=1', 'a\t=1', 'a;"=1', 'a; @x'])('does so too behind a semicolon or a tab: %j', (text) => {
    expect(csvLine([text])).toMatch(/[;\t]["'\s]*'[=@]/);
  });

  test('numbers and plain words stay as they are', () => {
    expect(csvLine([-1, 'a;b', 'x=y', null])).toBe('-1,a;b,x=y,\r\n');
  });
});
