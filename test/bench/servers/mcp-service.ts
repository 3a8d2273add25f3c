import { freePort } from '@causeway/runtime/testing/free-ports';
import type { StartServer } from '../src/bench-case.ts';

/** The MCP service as `npm start` runs it: its own main module, with the settings of the running stack. */
export const startServer: StartServer = async (settings) => {
  const port = await freePort();
  // Without the on-behalf-of listener, whose port the stack's own replica has.
  Object.assign(process.env, settings, { MCP_LISTEN: `127.0.0.1:${port}`, OBO_LISTEN: '' });
  // The service has no exports: its main module is the product.
  await import(new URL('../../../services/mcp/src/main.ts', import.meta.url).href);
  return { port };
};
