import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { chooseDatabaseAccount, firstClosedFolder, listCandidates, parsePasswd } from './account.ts';

const PASSWD = parsePasswd(
  [
    'root:x:0:0:root:/root:/bin/sh',
    'postgres:x:101:104::/:/bin/sh',
    'nobody:x:65534:65534::/:/bin/false',
    'dev:x:1000:1000::/:/bin/sh',
    '',
  ].join('\n'),
);
const stranger = { uid: 54_321, gid: 54_321 };

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'causeway-account-'));
  mkdirSync(join(folder, 'closed', 'inner'), { recursive: true });
  chmodSync(folder, 0o755);
});

afterEach(() => rmSync(folder, { recursive: true }));

test('the owner of the place comes first, then postgres, then nobody', () => {
  expect(listCandidates(PASSWD, 1000).map(({ name }) => name)).toEqual(['dev', 'postgres', 'nobody']);
});

test('root is never among those who run the database', () => {
  expect(listCandidates(PASSWD, 0).map(({ name }) => name)).toEqual(['postgres', 'nobody']);
  expect(listCandidates(parsePasswd('root:x:0:0::/root:/bin/sh\nnobody:x:0:0::/:/bin/sh'), 0)).toEqual([]);
});

test('names the outermost folder that somebody else may not pass through', () => {
  expect(firstClosedFolder(join(folder, 'closed', 'inner'), stranger)).toBeUndefined();
  chmodSync(join(folder, 'closed'), 0o700);
  expect(firstClosedFolder(join(folder, 'closed', 'inner'), stranger)).toBe(join(folder, 'closed'));
});

test('counts as the owner, the group or everybody else, and as one of them only', () => {
  const closed = join(folder, 'closed');
  const { uid, gid } = statSync(closed);
  chmodSync(closed, 0o701);
  expect(firstClosedFolder(closed, { uid: stranger.uid, gid })).toBe(closed);
  chmodSync(closed, 0o071);
  expect(firstClosedFolder(closed, { uid, gid })).toBe(closed);
});

test('root on a system without postgres and nobody is told so; anybody else runs the database as themselves', () => {
  const outcome = () => {
    try {
      return chooseDatabaseAccount({ binary: '/bin/true', dataDir: join(folder, 'closed') }, []).name;
    } catch (error) {
      return String(error);
    }
  };
  const asRoot = process.getuid?.() === 0;
  expect(outcome()).toMatch(asRoot ? /there is no user `postgres` or `nobody`/ : /^you$/);
});
