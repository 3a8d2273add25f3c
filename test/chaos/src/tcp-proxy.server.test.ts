import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TcpProxy } from './tcp-proxy.ts';

const servers = ['one', 'two'].map((name) =>
  createServer((socket) => void socket.on('error', () => undefined).end(name)),
);
const ports: number[] = [];
let proxy: TcpProxy;
beforeAll(async () => {
  for (const server of servers) {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    ports.push((server.address() as AddressInfo).port);
  }
  proxy = await TcpProxy.start(ports);
});
afterAll(async () => {
  await proxy.stop();
  for (const server of servers) server.close();
});

// What is still open when the proxy stops is reset.
const answer = () => text(connect(proxy.port, '127.0.0.1').on('error', () => undefined));

test('a target that is to rest gets nobody, and its turn again when it is in use', async () => {
  const [first = 0] = ports;
  proxy.rest(first);
  expect([await answer(), await answer(), await answer()]).toEqual(['two', 'two', 'two']);
  proxy.use(first);
  expect(new Set([await answer(), await answer()])).toEqual(new Set(['one', 'two']));
});
