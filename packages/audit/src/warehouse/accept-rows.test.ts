import { expect, test } from 'vitest';
import { acceptRows } from './accept-rows.ts';
import type { ChainProblem } from './chain-check.ts';
import type { Checkpoint } from './head.ts';
import type { VerifyReport } from './verify-trail.ts';

const HASH = 'ab'.repeat(32);
const foreign: ChainProblem = {
  kind: 'foreign',
  chain: 'main',
  chainSeq: 4,
  last: { chainSeq: 6, hash: HASH },
  text: 'rows 4 to 6',
};
const NOTE = { by: 'olivia', reason: 'the heads of 3 May were lost' };

async function accept(problems: VerifyReport['problems'], note = NOTE) {
  const kept: Checkpoint[] = [];
  const report: VerifyReport = { ok: problems.length === 0, rows: 9, chains: [], problems, accepted: [] };
  const accepted = acceptRows({
    report,
    ...note,
    now: new Date(0),
    keepCheckpoint: async (checkpoint) => void kept.push(checkpoint),
  });
  return { kept, outcome: await accepted.catch((error: Error) => error.message) };
}

test('foreign rows are accepted up to the hash of the last one, with name, reason and time', async () => {
  expect(await accept([foreign])).toEqual({
    kept: [
      {
        chain: 'main',
        accepted: [{ first: 4, last: 6, hash: HASH, ...NOTE }],
        retired: [],
        months: [],
        at: '1970-01-01T00:00:00.000Z',
      },
    ],
    outcome: [{ chain: 'main', first: 4, last: 6, hash: HASH, ...NOTE }],
  });
});

test.each<[string, VerifyReport['problems'][number]]>([
  ['rows that a worker may still sign', { ...foreign, kind: 'unsigned' }],
  ['a row that was altered', { ...foreign, kind: 'altered' }],
  ['rows whose end nobody has seen', { ...foreign, last: undefined }],
  ['heads that are damaged', { kind: 'heads', text: 'a line' }],
])('%s: nothing is accepted, and foreign rows beside them neither', async (_, problem) => {
  expect(await accept([foreign, problem])).toEqual({
    kept: [],
    outcome: expect.stringContaining('this cannot be accepted'),
  });
});

test.each(['', 'two\nlines', '\u001B[2J', 'x'.repeat(501)])('%j is no reason', async (reason) => {
  expect(await accept([foreign], { ...NOTE, reason })).toEqual({
    kept: [],
    outcome: expect.stringContaining('one line each'),
  });
});
