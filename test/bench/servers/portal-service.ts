import type { StartServer } from '../src/bench-case.ts';
import { freePort } from './free-port.ts';

/** The portal as `npm start` runs it: its own main module, with the settings of the running stack, audit on. */
export const startServer: StartServer = async (settings) => {
  const port = await freePort();
  Object.assign(process.env, settings, { PORTAL_LISTEN: `127.0.0.1:${port}` });
  // The service has no exports of that: its main module is the product.
  await import(new URL('../../../services/portal/src/main.ts', import.meta.url).href);
  return { port };
};
