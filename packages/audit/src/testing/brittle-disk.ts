import * as nodeFs from 'node:fs';
import type { JournalDisk } from '../journal/segment.ts';

type Call = keyof JournalDisk;

const CALLS = [
  'closeSync',
  'fdatasync',
  'fdatasyncSync',
  'fstatSync',
  'fsync',
  'ftruncateSync',
  'openSync',
  'readSync',
  'renameSync',
  'truncateSync',
  'unlink',
  'writeSync',
] as const satisfies readonly Call[];

const diskError = (code: string) => Object.assign(new Error(code), { code });

export interface BrittleDisk {
  readonly disk: JournalDisk;
  /** What was called, in order. */
  readonly calls: Call[];
  /** From now on this call fails. A write takes half of its bytes before it does. */
  readonly fail: (call: Call, code: string) => void;
  readonly heal: () => void;
}

/** The real disk, but single calls can be made to fail. */
export function brittleDisk(): BrittleDisk {
  const failing = new Map<Call, string>();
  const calls: Call[] = [];
  const wrap = (name: Call) => {
    const original = nodeFs[name] as (...args: unknown[]) => unknown;
    return (...args: unknown[]) => {
      calls.push(name);
      const code = failing.get(name);
      if (code === undefined) return original(...args);
      if (name === 'writeSync') writeHalf(args[0] as number, args[1] as Buffer);
      const callback = args.at(-1);
      if (typeof callback !== 'function') throw diskError(code);
      setImmediate(() => (callback as (error: Error) => void)(diskError(code)));
    };
  };
  return {
    disk: Object.fromEntries(CALLS.map((name) => [name, wrap(name)])) as unknown as JournalDisk,
    calls,
    fail: (call, code) => failing.set(call, code),
    heal: () => failing.clear(),
  };
}

const writeHalf = (fd: number, bytes: Buffer) => nodeFs.writeSync(fd, bytes, 0, Math.floor(bytes.length / 2));
