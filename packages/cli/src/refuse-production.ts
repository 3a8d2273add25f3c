import { EXIT_CONFIG } from '@causeway/core';
import { isLoopbackHost } from '@causeway/runtime';

import { CommandError } from './command-error.ts';

const PUBLIC_URLS = ['PORTAL_PUBLIC_URL', 'MCP_PUBLIC_URL'];

/** Developer commands work on loopback only: one public URL beyond it, or one that cannot be read, makes this production. */
export function refuseProduction(env: Readonly<Record<string, string | undefined>>): void {
  const outside = PUBLIC_URLS.filter((name) => {
    const url = env[name];
    return url !== undefined && url !== '' && !isLoopbackHost(URL.parse(url)?.hostname ?? '');
  });
  if (outside.length > 0) {
    const reasons = outside.map((name) => `${name} is not loopback`).join(', ');
    throw new CommandError(EXIT_CONFIG, `causeway dev does not work in production: ${reasons}`);
  }
}
