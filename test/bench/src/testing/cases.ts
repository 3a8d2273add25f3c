import type { BenchCase } from '../bench-case.ts';

const server = new URL('server.ts', import.meta.url);
const driver = new URL('driver.ts', import.meta.url);
const request = { method: 'GET', path: '/' } as const;

/** A case of the harness's own test. Which of its targets answer wrongly is in the settings. */
export const benchCase: BenchCase = {
  name: 'self',
  what: 'a server and a driver that sleep a little',
  prepare: () => Promise.resolve({ settings: { word: 'right' }, stop: () => Promise.resolve() }),
  targets: [
    { kind: 'http', name: 'server', floor: true, module: server, request, isRight: ({ body }) => body === 'right' },
    { kind: 'driver', name: 'driver', module: driver, concurrency: 2 },
  ],
};
