import { pathToFileURL } from 'node:url';
import { freePort } from '@causeway/runtime/testing/free-ports';
import type { StartServer } from '../src/bench-case.ts';

/** The MCP service as its image runs it, with the settings of the running stack. */
export const startServer: StartServer = async ({ main = '', ...settings }) => {
  const port = await freePort();
  // Without the on-behalf-of listener, whose port the stack's own replica has.
  Object.assign(process.env, settings, { MCP_LISTEN: `127.0.0.1:${port}`, OBO_LISTEN: '' });
  await import(pathToFileURL(main).href);
  return { port };
};
