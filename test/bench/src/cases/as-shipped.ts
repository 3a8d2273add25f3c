import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { MALLOC_ENVIRONMENT, NODE_FLAGS } from '@causeway/local/node-flags';

/** A service is measured as its image runs it: these settings, and its bundle. */
export const AS_SHIPPED = { nodeFlags: ['--enable-source-maps', ...NODE_FLAGS], environment: MALLOC_ENVIRONMENT };

const BUNDLE = fileURLToPath(new URL('../../../../scripts/bundle.ts', import.meta.url));

/** The main module of the service's image. */
export async function mainOf(service: 'portal' | 'mcp', dir: string): Promise<string> {
  await promisify(execFile)(process.execPath, [BUNDLE, dir, service]);
  return join(dir, service, 'main.mjs');
}
