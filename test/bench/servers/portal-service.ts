import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { freePort } from '@causeway/runtime/testing/free-ports';
import type { Settings, StartServer } from '../src/bench-case.ts';

/** The portal as its image runs it, audit on, on the state database. */
export const startServer: StartServer = (settings) =>
  startPortal(settings, 'postgres', { STATE_DATABASE_URL: settings['stateUrl'] ?? '' });

export async function startPortal(
  { main = '', ...settings }: Settings,
  name: string,
  state: Settings,
): Promise<{ port: number }> {
  const port = await freePort();
  const journal = join(settings['JOURNAL_DIR'] ?? '', name);
  Object.assign(process.env, settings, state, { PORTAL_LISTEN: `127.0.0.1:${port}`, JOURNAL_DIR: journal });
  await import(pathToFileURL(main).href);
  return { port };
}
