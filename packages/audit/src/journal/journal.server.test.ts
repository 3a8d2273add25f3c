import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { recordsIn } from '../testing/records-in.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';

/** How much each life is heard to have accepted, however slow the machine is. */
const ACCEPTED_MIN = 200;

const RECORD_FOREVER = fileURLToPath(new URL('../testing/record-forever.ts', import.meta.url));
const FILL_DISK = fileURLToPath(new URL('../testing/fill-disk.ts', import.meta.url));

test('whatever a process accepted before kill -9 is in its journal, again and again', async () => {
  const journalDir = temporaryFolder();
  const accepted: string[] = [];
  for (let life = 1; life <= 6; life++) {
    const child = spawn(process.execPath, [RECORD_FOREVER, journalDir, `life${life}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (text) => (output += String(text)));
    while (output.split('\n').length <= ACCEPTED_MIN) await once(child.stdout, 'data');
    await delay(Math.random() * 80);
    child.kill('SIGKILL');
    await once(child, 'close');
    accepted.push(...output.split('\n').slice(0, -1));
  }
  const records = recordsIn(join(journalDir, 'mcp-1'));
  const there = new Set(records.map(({ request_id: id }) => id));
  expect(accepted.length).toBeGreaterThan(6 * ACCEPTED_MIN - 1);
  expect(accepted.filter((id) => !there.has(id))).toEqual([]);
  expect(records.map(({ producer_seq: seq }) => seq)).toEqual(records.map((_, at) => at + 1));
  expect(new Set(records.map(({ producer }) => producer)).size).toBe(1);
});

// In a mount namespace of its own: nothing is left behind, and no right is needed but to make a user namespace.
const MOUNT = 'mount -t tmpfs -o size=256k tmpfs "$0" && exec "$@"';

test('a disk that is really full refuses turns as a whole, and takes events again as soon as there is room', () => {
  const dir = temporaryFolder();
  const command = ['--mount', '--map-root-user', 'sh', '-c', MOUNT, dir, process.execPath, FILL_DISK, dir];
  const mounted = spawnSync('unshare', command, { encoding: 'utf8' });
  if (mounted.status !== 0)
    process.stderr.write(`no small disk can be mounted here, one is injected: ${mounted.stderr}`);
  expectOrder(mounted.status === 0 ? mounted.stdout : onInjectedDisk());
});

test('the same where no small disk may be mounted, on one that says so at 256 KiB', () => {
  expectOrder(onInjectedDisk());
});

function onInjectedDisk(): string {
  return execFileSync(process.execPath, [FILL_DISK, temporaryFolder(), String(256 * 1024)], { encoding: 'utf8' });
}

function expectOrder(stdout: string): void {
  expect(JSON.parse(stdout)).toEqual({
    full: 'audit_unavailable: ENOSPC',
    stillFull: 'audit_unavailable: ENOSPC',
    afterTrim: 'not full',
    filled: 'ENOSPC',
    byOthers: 'audit_unavailable: ENOSPC',
    afterOthers: 'not full',
    isComplete: true,
    count: expect.any(Number),
  });
}
