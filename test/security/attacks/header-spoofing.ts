import { openRaw } from '@causeway/runtime/testing/raw-http';
import { callBody, callHeaders } from '@causeway/test-e2e/mcp-world';
import { describe, expect, test } from 'vitest';
import { EMAIL } from '../credentials.ts';
import type { Header, SecurityWorld } from '../security-world.ts';

const NAMES = ['x-forwarded-access-token', 'X-Forwarded-Access-Token', 'X-FORWARDED-ACCESS-TOKEN'];
const LOOK_ALIKES = [
  'x_forwarded_access_token',
  'HTTP_X_FORWARDED_ACCESS_TOKEN',
  'x-forwarded-access_token',
  'x-forwarded-access-token-',
  'x-forwarded-accesstoken',
];

export function headerSpoofing(started: () => SecurityWorld): void {
  describe('header spoofing', () => {
    onTheMainPort(started);
    onTheOboListener(started);
    onTheWay(started);
  });
}

const subjectOf = (content: Readonly<Record<string, unknown>>) => (content['human'] as { email: string } | null)?.email;

function onTheMainPort(started: () => SecurityWorld): void {
  // Red when `authenticateBearer` in services/mcp/src/http/authenticate.ts does not look for the header.
  test('[obo-spoof-main] the forwarded header is refused beside a good token, in any letters', async () => {
    const world = started();
    const olivia = await world.mcp.signIn(EMAIL.olivia);
    const wanda = await world.as(EMAIL.wanda);
    for (const name of NAMES) {
      for (const value of [olivia, '', 'x']) {
        expect((await world.call([...wanda, [name, value]], 'check_identity')).status, `${name}: ${value}`).toBe(400);
      }
    }
  });

  // Red when services/mcp/src/http/authenticate.ts takes `x_forwarded_access_token` for the header.
  test('[obo-look-alike] a name that a lax hop would take for it changes nothing about who calls', async () => {
    const world = started();
    const olivia = await world.mcp.signIn(EMAIL.olivia);
    const wanda = await world.as(EMAIL.wanda);
    for (const name of LOOK_ALIKES) {
      const { content } = await world.call([...wanda, [name, olivia]], 'check_identity');
      expect([name, subjectOf(content)]).toEqual([name, EMAIL.wanda]);
      expect(
        (await world.callBy({ url: world.oboUrl, headers: [[name, olivia]] }, 'check_identity')).status,
        name,
      ).toBe(401);
    }
  });
}

function onTheOboListener(started: () => SecurityWorld): void {
  // Red when `authenticateObo` in services/mcp/src/http/authenticate.ts takes the first of two.
  test('[obo-twice] two forwarded tokens are refused, however they are written', async () => {
    const world = started();
    const olivia = await world.mcp.signIn(EMAIL.olivia);
    const omar = await world.mcp.signIn('omar@causeway.example');
    const statusOf = async (...proof: Header[]) =>
      (await world.callBy({ url: world.oboUrl, headers: proof }, 'check_identity')).status;
    expect(await statusOf(['x-forwarded-access-token', olivia])).toBe(200);
    expect(await statusOf(['x-forwarded-access-token', olivia], ['X-Forwarded-Access-Token', omar])).toBe(400);
    expect(await statusOf(['X-FORWARDED-ACCESS-TOKEN', omar], ['x-forwarded-access-token', ''])).toBe(400);
    for (const joined of [`${olivia}, ${omar}`, `${olivia} ${omar}`, `${olivia},`, `Bearer ${olivia}`]) {
      expect(await statusOf(['x-forwarded-access-token', joined])).toBe(401);
    }
  });

  // Red when `authenticateObo` in services/mcp/src/http/authenticate.ts does not ask who the socket's peer is.
  test('[obo-peer] who is no trusted proxy is refused, whatever it says of itself', async () => {
    const world = started();
    const olivia = await world.mcp.signIn(EMAIL.olivia);
    const words: readonly (readonly Header[])[] = [
      [],
      [['x-forwarded-for', '127.0.0.1']],
      [['x-real-ip', '127.0.0.1']],
      [['forwarded', 'for=127.0.0.1;by=127.0.0.1']],
      [
        ['x-forwarded-for', '127.0.0.1, 127.0.0.1'],
        ['true-client-ip', '127.0.0.1'],
      ],
    ];
    for (const headers of words) {
      const proof: Header[] = [['x-forwarded-access-token', olivia], ...headers];
      const asked = { url: world.oboUrl, headers: proof, from: '127.0.0.2' };
      expect((await world.callBy(asked, 'check_identity')).status).toBe(403);
    }
  });
}

function onTheWay(started: () => SecurityWorld): void {
  // Red when services/mcp/src/http/authenticate.ts goes on without a token: what a proxy strips must not leave somebody.
  test('[obo-hop-by-hop] a header that is named in Connection, folded or sent after the body proves nobody', async () => {
    const world = started();
    const olivia = await world.mcp.signIn(EMAIL.olivia);
    const hop: Header[] = [['connection', 'close, x-forwarded-access-token, authorization']];
    // As it arrives when the proxy obeyed.
    expect((await world.callBy({ url: world.oboUrl, headers: hop }, 'check_identity')).status).toBe(401);
    const wanda = await world.as(EMAIL.wanda);
    expect((await world.callBy({ url: world.oboUrl, headers: [...wanda, ...hop] }, 'check_identity')).status).toBe(401);

    const body = callBody('tools/call', { name: 'check_identity', arguments: {} });
    const usual = Object.entries(callHeaders('tools/call', 'check_identity')).map(
      ([name, value]) => `${name}: ${value}`,
    );
    const head = ['POST /mcp HTTP/1.1', `Host: 127.0.0.1:${world.mcp.ports.mcp}`, 'Connection: close', ...usual];
    const folded = [
      ...head,
      'X-A: 1',
      ` x-forwarded-access-token: ${olivia}`,
      `Content-Length: ${body.length}`,
      '',
      body,
    ];
    const trailer = [
      ...head,
      'Transfer-Encoding: chunked',
      'Trailer: x-forwarded-access-token',
      '',
      body.length.toString(16),
      body,
      '0',
      `x-forwarded-access-token: ${olivia}`,
      '',
      '',
    ];
    expect(await said(world.mcp.ports.obo, folded)).toMatch(/^HTTP\/1\.1 400 /);
    expect(await said(world.mcp.ports.obo, trailer)).toMatch(/^HTTP\/1\.1 401 /);
  });
}

function said(port: number, lines: readonly string[]): Promise<string> {
  const connection = openRaw(port);
  connection.socket.write(lines.join('\r\n'));
  return connection.closed;
}
