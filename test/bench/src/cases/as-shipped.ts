import { join } from 'node:path';
import { MALLOC_ENVIRONMENT, NODE_FLAGS } from '@causeway/local/node-flags';
import { bundle } from '../../../../scripts/bundle.ts';

/** A service is measured as its image runs it: these settings, and its bundle. */
export const AS_SHIPPED = { nodeFlags: ['--enable-source-maps', ...NODE_FLAGS], environment: MALLOC_ENVIRONMENT };

/** The main module of the service's image. */
export async function mainOf(service: 'portal' | 'mcp', dir: string): Promise<string> {
  await bundle(dir, service);
  return join(dir, service, 'main.mjs');
}
