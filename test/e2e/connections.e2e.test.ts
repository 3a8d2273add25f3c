import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { type ScriptedPartner, startScriptedPartner } from './scripted-partner.ts';
import { McpWorld, type Proof, type ToolResult } from './mcp-world.ts';
import { changed, policyOfItsOwn } from './policy-of-its-own.ts';
import { requirement } from './requirement.ts';

const KIB = 1024;

let world: McpWorld;
let partner: ScriptedPartner;
/** Where what a redirect names would be. */
let elsewhere: ScriptedPartner;
let ada: Proof;
let elena: Proof;
/** Asked first and looked at last: it takes as long as a call may. */
let mute: Promise<ToolResult>;

/** One connection for each behaviour, because each has a breaker of its own. */
const CONNECTIONS = {
  echo: {},
  flaky: {},
  cut: {},
  later: {},
  never: {},
  writes: {},
  broken: {},
  moved: {},
  large: {},
  mute: {},
  adminonly: { grants: '[admin]' },
  elsewhere: { network: '[10.0.0.0/8]' },
  byname: { host: 'localhost', network: '[10.0.0.0/8]' },
  untrusted: { caFile: '' },
} as const;

function connectionsText(port: number): string {
  const lines = Object.entries(CONNECTIONS).map(([name, special]) => {
    const { host, network, grants, caFile } = {
      host: '127.0.0.1',
      network: '[127.0.0.0/8]',
      grants: '[executive, admin]',
      caFile: 'caFile: partner-ca/ca.pem, ',
      ...special,
    };
    const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].map((method) => `${method} /*`).join(', ');
    const trust = `${caFile}credentialFile: partner-ca/credential`;
    return `  ${name}: { baseUrl: https://${host}:${port}/${name}, network: ${network}, ${trust}, allow: [${methods}], grants: ${grants} }`;
  });
  return `connections:\n${lines.join('\n')}\n`;
}

beforeAll(async () => {
  const place = await McpWorld.place();
  // Nobody else needs it on this platform.
  const { databricks: port } = place.ports;
  const policyFile = policyOfItsOwn(place, (text) => changed(text, 'connections:\n', connectionsText(port)));
  world = await McpWorld.start({ place, policyFile });
  const certificates = join(place.folder.path, 'data', 'partner-ca');
  partner = await startScriptedPartner(certificates, port);
  elsewhere = await startScriptedPartner(certificates, 0);
  [ada, elena] = [await world.proofOf('ada@contoso.example'), await world.proofOf('elena@contoso.example')];
  partner.behave('/mute', 'silence');
  mute = call({ connection: 'mute' });
});
afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
  await Promise.all([partner?.[Symbol.asyncDispose](), elsewhere?.[Symbol.asyncDispose]()]);
});

const call = (args: object, proof = ada) =>
  world.call(proof, 'external_api_call', { method: 'GET', path: '/thing', ...args });
const refused = async (args: object, proof = ada) => (await call(args, proof)).code;

describe('what is sent', () => {
  requirement('external-methods', 'every method, with its query and its body', async () => {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      const body = method === 'GET' ? undefined : { n: 1, text: 'ä' };
      const sent = { connection: 'echo', method, path: '/a/b%20c', query: { q: 'x&y=ü', limit: '2' }, body };
      const { content } = await call(sent);
      expect(JSON.parse(String(content['body']))).toEqual({
        method,
        url: '/echo/a/b%20c?q=x%26y%3D%C3%BC&limit=2',
        body: body === undefined ? '' : JSON.stringify(body),
      });
    }
    expect(partner.arrived('/echo').at(-1)?.contentType).toBe('application/json');
  });

  requirement('connection-credential-hidden', 'the credential goes to the partner, and to nobody here', async () => {
    const file = join(world.environment['CAUSEWAY_POLICY'] ?? '', '..', 'partner-ca', 'credential');
    const credential = readFileSync(file, 'utf8').trim();
    const answer = await call({ connection: 'echo' });
    expect(partner.arrived('/echo').at(-1)?.authorization).toBe(`Bearer ${credential}`);
    expect(JSON.stringify(answer)).not.toContain(credential);
    partner.behave('/echo/repeats', { status: 200, body: JSON.stringify({ you: `Bearer ${credential}` }) });
    const repeated = await call({ connection: 'echo', path: '/repeats' });
    expect(repeated.content).toMatchObject({ status: 200, body: expect.stringContaining('you') });
    expect(JSON.stringify(repeated)).not.toContain(credential);
    expect(JSON.stringify(world.logOf('mcp'))).not.toContain(credential);
  });

  requirement('external-not-granted', 'a connection that the role is not granted is access_denied', async () => {
    expect(await refused({ connection: 'adminonly' })).toBeUndefined();
    expect(partner.arrived('/adminonly')).toHaveLength(1);
    expect(await refused({ connection: 'adminonly' }, elena)).toBe('access_denied');
    expect(await refused({ connection: 'echo' }, elena)).toBeUndefined();
    expect(partner.arrived('/adminonly')).toHaveLength(1);
  });
});

describe('where it goes', () => {
  requirement('connection-host-fixed', 'no path leaves the host or the base of its connection', async () => {
    const before = partner.arrived('/').length;
    for (const path of [
      '//evil.example/x',
      '/../adminonly/x',
      '/%2e%2e/adminonly/x',
      '/..%2fadminonly',
      '/x/../../adminonly',
      String.raw`/..\adminonly`,
      '/x?y=1',
      '/x#y',
      'https://evil.example/x',
      '@evil.example/x',
      '/\r\nHost: evil.example',
      '/%0d%0ax',
    ]) {
      const code = await refused({ connection: 'echo', path });
      // A path that means nothing special is one below the base.
      if (code === undefined) expect(partner.arrived('/').at(-1)?.url).toMatch(/^\/echo\//);
      else expect([path, code]).toEqual([path, expect.stringMatching(/^(invalid_request|access_denied)$/)]);
    }
    const urls = partner.arrived('/').slice(before);
    expect(urls.every(({ url }) => url.startsWith('/echo/') && !url.includes('..'))).toBe(true);
  });

  requirement('connection-no-redirect', 'a redirect to another host, or on the same, is not followed', async () => {
    const target = `https://127.0.0.1:${elsewhere.port}`;
    for (const location of [target, 'https://evil.example/', '/adminonly/x', '//evil.example/x']) {
      partner.behave('/moved', { status: 302, headers: { location } });
      expect([location, await refused({ connection: 'moved' })]).toEqual([location, 'upstream_rejected']);
    }
    expect(partner.arrived('/moved')).toHaveLength(4);
    expect(partner.arrived('/adminonly/x')).toEqual([]);
    expect(elsewhere.arrived('/')).toEqual([]);
  });

  requirement(
    ['connection-network', 'policy-loopback-private'],
    'an address outside of the network is not dialled, written down or by a name that resolves to it',
    async () => {
      expect(await refused({ connection: 'elsewhere' })).toBe('upstream_rejected');
      expect(await refused({ connection: 'byname' })).toBe('upstream_rejected');
      expect(partner.arrived('/elsewhere')).toEqual([]);
      expect(partner.arrived('/byname')).toEqual([]);
    },
  );

  requirement('connection-https-only', 'nobody is believed whom the connection’s CA does not vouch for', async () => {
    const { error } = await call({ connection: 'untrusted' });
    expect(error?.code).toBe('upstream_unavailable');
    expect(error?.message).toBe('A system behind this one is down.');
    expect(partner.arrived('/untrusted')).toEqual([]);
  });
});

describe('what comes back', () => {
  requirement('connection-response-cap', 'a body is cut at 256 KiB, and says so', async () => {
    const of = async (bytes: number) => {
      partner.behave('/large', { status: 200, headers: { 'content-type': 'text/plain' }, body: 'x'.repeat(bytes) });
      const { content } = await call({ connection: 'large' });
      return [String(content['body']).length, content['truncated']];
    };
    expect(await of(256 * KIB)).toEqual([256 * KIB, false]);
    expect(await of(256 * KIB + 1)).toEqual([256 * KIB, true]);
    expect(await of(4 * KIB * KIB)).toEqual([256 * KIB, true]);
  });

  requirement(
    ['outbound-retry', 'error-no-inside'],
    'what may pass is tried three times at most, and what the other system says of its inside stays there',
    async () => {
      const busy = { status: 503, body: '{"stack":"at secret.js:1 canary"}' };
      for (const status of [429, 500, 502, 503, 504]) {
        const path = `/flaky/${status}`;
        partner.behave(path, { ...busy, status }, { status: 200, body: '{"ok":true}' });
        expect((await call({ connection: 'flaky', path: `/${status}` })).content).toMatchObject({ status: 200 });
        expect(partner.arrived(path)).toHaveLength(2);
      }
      partner.behave('/flaky/always', busy);
      const { error } = await call({ connection: 'flaky', path: '/always' });
      expect(error).toMatchObject({ code: 'upstream_unavailable', message: 'A system behind this one is down.' });
      expect(partner.arrived('/flaky/always')).toHaveLength(3);
      partner.behave('/cut', 'reset', 'reset', { status: 200, body: '{"ok":true}' });
      expect((await call({ connection: 'cut' })).content).toMatchObject({ status: 200, body: '{"ok":true}' });
      expect(partner.arrived('/cut')).toHaveLength(3);
      partner.behave('/echo/403', { ...busy, status: 403 });
      expect((await call({ connection: 'echo', path: '/403' })).content).toMatchObject({ status: 403 });
      expect(partner.arrived('/echo/403')).toHaveLength(1);
    },
  );

  requirement(
    'outbound-retry-after',
    'who asks for time gets it, and the caller is told when it is too much',
    async () => {
      partner.behave('/later', { status: 503, headers: { 'retry-after': '1' } }, { status: 200 });
      expect((await call({ connection: 'later' })).content).toMatchObject({ status: 200 });
      const [first, second] = partner.arrived('/later');
      // Timers may fire a moment early.
      expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(990);
      partner.behave('/never', { status: 503, headers: { 'retry-after': '3600' } });
      const { error } = await call({ connection: 'never' });
      expect(error).toMatchObject({ code: 'upstream_unavailable', retry_after_ms: 3_600_000 });
      expect(partner.arrived('/never')).toHaveLength(1);
    },
  );

  requirement(
    'outbound-retry-safe-only',
    'a POST or PATCH is sent once, a PUT or DELETE may be sent again',
    async () => {
      for (const [method, times] of [
        ['POST', 1],
        ['PATCH', 1],
        ['PUT', 2],
        ['DELETE', 2],
      ] as const) {
        const path = `/writes/${method}`;
        partner.behave(path, { status: 503 }, { status: 200 });
        const code = await refused({ connection: 'writes', method, path: `/${method}`, body: {} });
        expect([method, code]).toEqual([method, times === 1 ? 'upstream_unavailable' : undefined]);
        expect([method, partner.arrived(path).length]).toEqual([method, times]);
      }
    },
  );
});

describe('when it goes on', () => {
  requirement(
    'outbound-breaker',
    'after five failures nobody is sent there, others are, and a probe closes it',
    async () => {
      partner.behave('/broken', { status: 503 });
      for (let n = 0; n < 5; n++) await call({ connection: 'broken', method: 'POST' });
      expect(partner.arrived('/broken')).toHaveLength(5);
      partner.behave('/broken', { status: 200 });
      expect(await refused({ connection: 'broken' })).toBe('upstream_unavailable');
      expect(partner.arrived('/broken')).toHaveLength(5);
      expect(await refused({ connection: 'echo' })).toBeUndefined();
      await expect.poll(() => refused({ connection: 'broken' }), { timeout: 60_000, interval: 500 }).toBeUndefined();
      expect(partner.arrived('/broken')).toHaveLength(6);
    },
  );

  requirement('outbound-two-pools', 'a call of the usual kind ends after 35 seconds, whoever is silent', async () => {
    expect((await mute).code).toBe('upstream_timeout');
    expect(partner.arrived('/mute')).toHaveLength(1);
  });
});
