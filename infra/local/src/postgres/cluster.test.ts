import { expect, test } from 'vitest';

import { explainInitFailure } from './cluster.ts';

test.each([
  // As initdb of Postgres 18 writes it on a full tmpfs.
  Object.assign(new Error('Command failed'), {
    stderr: 'initdb: error: could not write to file "pg_wal/xlogtemp.1": No space left on device',
  }),
  Object.assign(new Error("ENOSPC: no space left on device, mkdir '/data/postgres.new'"), { code: 'ENOSPC' }),
])('a full disk is named as what it is (%s)', (error) => {
  expect(explainInitFailure('/data', error).toText()).toContain('no space left for the database in /data');
});

test('any other failure shows the end of what initdb said', () => {
  const error = Object.assign(new Error('Command failed'), { stderr: 'one\ntwo\nthree\nfour\ninitdb: error: five\n' });
  const text = explainInitFailure('/data', error).toText();
  expect(text).toContain('initdb: error: five');
  expect(text).not.toContain('one');
});
