import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { AppError } from '@causeway/core';
import { startTestPostgres, type TestPostgres } from '@causeway/runtime/testing/postgres-server';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { UnitRequest } from './governed-unit.ts';
import { UnitRunner } from './unit-runner.ts';

/** Between the gateway and Postgres. From a message with this text on, nothing of that connection arrives any more, and it stays open. */
class VanishingProxy {
  from: string | undefined;
  vanished = 0;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  constructor(port: number) {
    this.#server = createServer((client) => this.#serve(client, connect(port, '127.0.0.1')));
  }

  async start(): Promise<number> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server.close(), 'close');
  }

  #serve(client: Socket, server: Socket): void {
    let isGone = false;
    client.on('data', (piece) => {
      if (!isGone && this.from !== undefined && piece.includes(this.from)) {
        isGone = true;
        this.vanished += 1;
      }
      if (!isGone) server.write(piece);
    });
    server.on('data', (piece) => void (isGone || client.write(piece)));
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => other.destroy());
    }
  }
}

let server: TestPostgres;
let proxy: VanishingProxy;
let pool: pg.Pool;
let control: pg.Pool;
let runner: UnitRunner;

beforeAll(async () => {
  server = await startTestPostgres('embedded');
  await server.asAdmin((admin) =>
    admin.query('CREATE ROLE gateway LOGIN NOINHERIT; CREATE ROLE ana; GRANT ana TO gateway'),
  );
});
afterAll(() => server.stop());

beforeEach(async () => {
  const url = new URL(server.urlOf('postgres', 'gateway'));
  proxy = new VanishingProxy(Number(url.port));
  url.port = String(await proxy.start());
  const open = () => new pg.Pool({ connectionString: url.href, max: 1 }).on('error', () => undefined);
  [pool, control] = [open(), open()];
  runner = new UnitRunner({ pool, control, preparedMax: 8, graceMs: 500 });
});
afterEach(async () => {
  await proxy.stop();
  await Promise.all([pool.end(), control.end()]);
});

async function ask(text: string, timeoutMs = 1000): Promise<unknown> {
  const unit: UnitRequest = {
    role: 'ana',
    timeoutMs,
    attribution: ['cw:r1', 'ana@example.com', '{}'],
    statement: { preparedName: text, text, values: [] },
    rowsMax: 10,
    charactersMax: 1000,
  };
  const answer = await runner.run('test', unit).catch((error: unknown) => error);
  if (answer instanceof AppError) return answer.code;
  return answer;
}

const one = { kind: 'rows', rows: [{ n: 1 }] };

test.each([
  ['its session', 'DateStyle'],
  ['the question who it is', 'pg_backend_pid'],
  ['the frame of its units', 'causeway_setup'],
])('a connection whose packets vanish while %s is prepared gives its place to the next one', async (_, text) => {
  proxy.from = text;
  expect(await ask('SELECT 1 AS n')).toBe('upstream_unavailable');
  expect([proxy.vanished, pool.totalCount]).toEqual([1, 0]);
  proxy.from = undefined;
  await expect.poll(() => ask('SELECT 1 AS n'), { timeout: 60_000 }).toEqual(one);
});

test('a connection whose packets vanish while it is cleaned gives its place to the next one, and the refusal is the engine’s', async () => {
  await expect.poll(() => ask('SELECT 1 AS n'), { timeout: 60_000 }).toEqual(one);
  proxy.from = 'ROLLBACK';
  expect(await ask('SELECT 1/0 AS n', 30_000)).toBe('internal');
  expect([proxy.vanished, pool.totalCount]).toEqual([1, 0]);
  proxy.from = undefined;
  await expect.poll(() => ask('SELECT 1 AS n'), { timeout: 60_000 }).toEqual(one);
});
