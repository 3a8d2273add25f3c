import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { z } from 'zod';

import { endProcess, foreignProcess, type ProcessIdentity } from './running-process.ts';
import { writePrivateFile } from './write-private-file.ts';

const record = z.array(z.strictObject({ pid: z.number().int().min(2), startedAt: z.string() }));

/** The service processes of this supervisor, kept in a file, so that the next one finds them if this one is killed. */
export function recordChildren(dataDir: string, children: readonly ProcessIdentity[]): void {
  writePrivateFile(pathOf(dataDir), JSON.stringify(children));
}

export function forgetChildren(dataDir: string): void {
  rmSync(pathOf(dataDir), { force: true });
}

/** Ends the services that a killed supervisor left. Returns how many there were. */
export async function endLeftoverChildren(dataDir: string): Promise<number> {
  const targets = readRecord(dataDir)
    .map(foreignProcess)
    .filter(({ isRunning }) => isRunning());
  const steps = [
    { signal: 'SIGTERM', waitMs: 28_000 },
    { signal: 'SIGKILL', waitMs: 2000 },
  ] as const;
  await Promise.all(targets.map((target) => endProcess(target, steps)));
  forgetChildren(dataDir);
  return targets.length;
}

function readRecord(dataDir: string): readonly ProcessIdentity[] {
  try {
    return record.parse(JSON.parse(readFileSync(pathOf(dataDir), 'utf8')));
  } catch {
    return [];
  }
}

function pathOf(dataDir: string): string {
  return join(dataDir, 'children.json');
}
