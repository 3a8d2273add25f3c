import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { runChecks } from './doctor-check.ts';
import { insideChecks, type InsidePlace } from './inside-checks.ts';

const NOTHING: InsidePlace = {
  redisUrl: undefined,
  stateDatabaseUrl: undefined,
  platform: 'postgres',
  databaseUrl: undefined,
  document: undefined,
  headsPath: undefined,
  signingKey: undefined,
  journalDir: undefined,
};

test.each([
  [0.9, 'wrong', /^its volume has 0\.9 GiB left$/],
  [1.1, 'ok', /^writable; 0 event/],
])('journals on a volume with %s GiB left: %s', async (gibibytes, status, found) => {
  const journalDir = mkdtempSync(join(tmpdir(), 'causeway-doctor-'));
  onTestFinished(() => rmSync(journalDir, { recursive: true }));
  const freeBytes = () => Promise.resolve(gibibytes * 1024 ** 3);
  const checks = insideChecks({ ...NOTHING, journalDir, freeBytes });
  const findings = await runChecks(checks, new AbortController().signal);
  expect(findings.find(({ check }) => check === 'journals')).toMatchObject({
    status,
    found: expect.stringMatching(found),
  });
});

test('a check that fails by itself says so, and nothing of what it met', async () => {
  const fails = { name: 'x', run: () => Promise.reject(new TypeError('hunter2')) };
  const [finding] = await runChecks([fails], new AbortController().signal);
  expect(finding).toMatchObject({ status: 'wrong', found: 'the check itself failed (TypeError)' });
  expect(JSON.stringify(finding)).not.toContain('hunter2');
});
