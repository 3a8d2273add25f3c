import { listen } from '@causeway/runtime';

/** For servers that must know their own address before they listen. */
export async function freePort(): Promise<number> {
  const listener = await listen(() => undefined, { variable: 'TEST', host: '127.0.0.1', port: 0 });
  await listener.drain(AbortSignal.timeout(100));
  return listener.port;
}
