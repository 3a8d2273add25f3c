import { createServer, request } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@causeway/runtime/testing/free-ports';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Haproxy } from './haproxy.ts';

// The configuration that operators copy, before services that would show everything.
const dir = mkdtempSync(join(tmpdir(), 'causeway-edge-'));
const service = createServer((_, response) => response.end('served'));
let proxy: Haproxy;
let ports: { edge: number; obo: number };
beforeAll(async () => {
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  const { port } = service.address() as AddressInfo;
  const [status, edge, obo] = [await freePort(), await freePort(), await freePort()];
  ports = { edge, obo };
  proxy = await Haproxy.start(dir, status, [
    ['maxconn 8000', 'maxconn 400'],
    [/bind :443 .*/g, `bind 127.0.0.1:${edge}`],
    ['bind 10.0.0.5:8704', `bind 127.0.0.1:${obo}`],
    ['10.0.1.0/24', '127.0.0.0/8'],
    [/10\.0\.0\.[12][12]:870[013]/g, `127.0.0.1:${port}`],
  ]);
});
afterAll(async () => {
  await proxy?.[Symbol.asyncDispose]();
  service.close();
  rmSync(dir, { recursive: true, force: true });
});

function statusOf(port: number, path: string): Promise<number | undefined> {
  const headers = { host: 'mcp.example.com' };
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers, agent: false }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode));
    })
      .once('error', reject)
      .end();
  });
}

test.each(['edge', 'obo'] as const)(
  'what is for operators is not served at %s, however it is spelled',
  async (name) => {
    const port = ports[name];
    expect(await statusOf(port, '/mcp')).toBe(200);
    for (const path of ['/livez', '/readyz', '/health', '/metrics']) {
      // Express serves each of them at the same route.
      for (const spelled of [path, `${path}/`, path.toUpperCase(), `${path}?x=1`, `http://mcp.example.com${path}/`]) {
        expect([spelled, await statusOf(port, spelled)]).toEqual([spelled, 404]);
      }
    }
  },
);
