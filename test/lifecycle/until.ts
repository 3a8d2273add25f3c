import { setTimeout as delay } from 'node:timers/promises';

/** Returns once this holds. What it throws ends the waiting. */
export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 90_000; Date.now() < deadline; await delay(100)) if (await holds()) return;
  throw new Error(`not within 90 s: ${what}`);
}
