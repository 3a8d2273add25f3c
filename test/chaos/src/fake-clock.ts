import { existsSync, writeFileSync } from 'node:fs';
import { arch } from 'node:process';

const TRIPLET: Readonly<Record<string, string>> = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' };
const LIBRARY = `/usr/lib/${TRIPLET[arch] ?? ''}/faketime/libfaketimeMT.so.1`;

/** Whether this machine can give a process a clock of its own: Debian's package `faketime`. */
export const hasFakeClock = existsSync(LIBRARY);

/** Settings of a process that reads from the file how far its clock is off. The machine's own clock stays as it is. */
export function fakeClock(file: string): Readonly<Record<string, string>> {
  if (!hasFakeClock) return {};
  writeFileSync(file, '+0s\n');
  return {
    LD_PRELOAD: LIBRARY,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_CACHE_DURATION: '1',
    // Timers go by this one, and a step of the clock does not touch them.
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  };
}
