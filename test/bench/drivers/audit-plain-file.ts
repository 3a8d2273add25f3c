import { mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { StartDriver } from '../src/bench-case.ts';
import { AUDIT_EVENT } from './audit-event.ts';

/** What anything that writes an event down must do: make it into JSON, and write it before it answers. Nothing is synced or shipped. */
export const startDriver: StartDriver = ({ folder = '' }) => {
  const dir = mkdtempSync(join(folder, 'plain-'));
  const fd = openSync(join(dir, 'events'), 'a');
  process.once('exit', () => rmSync(dir, { recursive: true, force: true }));
  return Promise.resolve({
    call: () => {
      const line = `${JSON.stringify(AUDIT_EVENT)}\n`;
      return Promise.resolve(writeSync(fd, line) === Buffer.byteLength(line));
    },
  });
};
