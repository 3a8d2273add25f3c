import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createDependency, type Dependency, type DependencySettings } from './dependency.ts';
import type { Resolve } from './pinned-connector.ts';
import { type CertificateAuthority, createCertificateAuthority } from './testing/certificate-authority.ts';
import { type LocalServer, serveHttp, serveHttps } from './testing/local-server.ts';

let folder: string;
let authority: CertificateAuthority;
let caFile: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'causeway-outbound-'));
  authority = await createCertificateAuthority();
  caFile = join(folder, 'ca.pem');
  writeFileSync(caFile, authority.certificate);
});
afterAll(() => rmSync(folder, { recursive: true }));

const open: Dependency[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((dependency) => dependency.close()));
});

function partner(settings: Partial<DependencySettings>, resolve: Resolve = async () => ['127.0.0.1']): Dependency {
  const dependency = createDependency(
    { name: 'partner', network: ['127.0.0.0/8'], breaker: { failures: Infinity }, ...settings },
    { resolve, sleep: async () => {} },
  );
  open.push(dependency);
  return dependency;
}

const REFUSED = {
  code: 'upstream_rejected',
  message: expect.stringContaining('outside the network of this dependency'),
};

describe('the network rule', () => {
  test.each([
    ['http://127.0.0.1', 'public'],
    ['https://127.0.0.1', 'public'],
    ['https://localhost', 'public'],
    ['https://2130706433', 'public'],
    ['https://0x7f.1', 'public'],
    ['https://0177.0.0.1', 'public'],
    ['https://127.0.0.1.', 'public'],
    ['https://[::1]', 'public'],
    ['https://[::ffff:127.0.0.1]', 'public'],
    ['https://[::ffff:7f00:1]', ['127.0.0.0/8']],
    ['http://partner.example', 'public'],
    ['http://partner.example', ['10.0.0.0/8']],
    ['https://127.0.0.1', ['10.0.0.0/8']],
    ['https://127.0.0.1', []],
  ] as const)('%s is not dialled under %j', async (origin, network) => {
    await using server = await serveHttp((_request, response) => void response.end('secret'));
    await expect(partner({ network }).request({ url: `${origin}:${server.port}/` })).rejects.toMatchObject(REFUSED);
    expect(server.connections).toBe(0);
  });

  test('plain http to an address that is listed but not loopback is refused', async () => {
    const dependency = partner({ network: ['10.0.0.0/8'] }, async () => ['10.0.0.1']);
    await expect(dependency.request({ url: 'http://partner.example/' })).rejects.toMatchObject(REFUSED);
  });

  test('one foreign address among good ones refuses the whole name', async () => {
    await using server = await serveHttp((_request, response) => void response.end('secret'));
    const dependency = partner({ network: ['127.0.0.1/32'] }, async () => ['127.0.0.1', '169.254.169.254']);
    await expect(dependency.request({ url: `http://partner.example:${server.port}/` })).rejects.toMatchObject(REFUSED);
    expect(server.connections).toBe(0);
  });

  test.each([[[]], [['not an address']], [['0177.0.0.1']]])(
    'a resolver that answers %j gives no connection',
    async (answer) => {
      await using server = await serveHttp((_request, response) => void response.end('secret'));
      const dependency = partner({}, async () => answer);
      await expect(dependency.request({ url: `http://partner.example:${server.port}/` })).rejects.toThrow(/^partner: /);
      expect(server.connections).toBe(0);
    },
  );

  test('a name that cannot be resolved is an unavailable dependency', async () => {
    const dependency = partner({}, () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' })));
    await expect(dependency.request({ url: 'https://partner.example/' })).rejects.toMatchObject({
      code: 'upstream_unavailable',
      message: 'partner: ENOTFOUND',
    });
  });

  test('a refusal by the network rule is not repeated', async () => {
    let asked = 0;
    const dependency = partner({}, async () => {
      asked++;
      return ['10.0.0.1'];
    });
    await expect(dependency.request({ url: 'https://partner.example/' })).rejects.toMatchObject(REFUSED);
    expect(asked).toBe(1);
  });

  test('the next good address is tried when the first one does not answer', async () => {
    await using server = await serveHttp((_request, response) => void response.end('second'));
    const dependency = partner({}, async () => ['127.0.0.9', '127.0.0.1']);
    const { body } = await dependency.request({ url: `http://partner.example:${server.port}/` });
    expect(Buffer.from(body).toString()).toBe('second');
  });
});

test('a name server that answers differently the second time reaches nothing', async () => {
  await using server = await serveHttp((_request, response) => {
    response.setHeader('connection', 'close').end('partner');
  });
  // The inside: same port, an address that the rule does not list.
  await using inside: LocalServer = await serveHttp((_request, response) => void response.end('secret'), {
    host: '127.0.0.2',
    port: server.port,
  });
  let asked = 0;
  const rebinding: Resolve = async () => [asked++ === 0 ? '127.0.0.1' : '127.0.0.2'];
  const dependency = partner({ network: ['127.0.0.1/32'] }, rebinding);
  const call = { url: `http://partner.example:${server.port}/` };

  // One question per connection: what was checked is what is dialled.
  expect(Buffer.from((await dependency.request(call)).body).toString()).toBe('partner');
  expect(asked).toBe(1);
  // The next connection asks again, and its answer is checked again.
  await expect(dependency.request(call)).rejects.toMatchObject(REFUSED);
  expect(asked).toBe(2);
  expect(inside.connections).toBe(0);
});

describe('TLS', () => {
  test('the pinned connection names and verifies the host, not the address', async () => {
    let servername: unknown;
    const tls = await authority.issue('partner.example');
    await using server = await serveHttps(tls, (request, response) => {
      servername = (request.socket as typeof request.socket & { servername: unknown }).servername;
      response.end(request.headers.host);
    });
    const { body } = await partner({ caFile }).request({ url: `https://partner.example:${server.port}/` });
    expect(Buffer.from(body).toString()).toBe(`partner.example:${server.port}`);
    expect(servername).toBe('partner.example');
  });

  test('a certificate for another host is refused', async () => {
    await using server = await serveHttps(await authority.issue('other.example'), (_request, response) => {
      response.end('secret');
    });
    const call = { url: `https://partner.example:${server.port}/` };
    await expect(partner({ caFile }).request(call)).rejects.toMatchObject({
      code: 'upstream_unavailable',
      message: 'partner: ERR_TLS_CERT_ALTNAME_INVALID',
    });
  });

  test('the authority of one dependency is not trusted for another, whatever the environment says', async () => {
    await using server = await serveHttps(await authority.issue('partner.example'), (_request, response) => {
      response.end('secret');
    });
    const call = { url: `https://partner.example:${server.port}/` };
    expect(await partner({ caFile }).request(call)).toMatchObject({ status: 200 });
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      await expect(partner({}).request(call)).rejects.toMatchObject({ code: 'upstream_unavailable' });
    } finally {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    }
  });

  test('a caFile that cannot be read is a wrong configuration', () => {
    expect(() => partner({ caFile: join(folder, 'missing.pem') })).toThrow(
      expect.objectContaining({ code: 'config_invalid' }),
    );
  });
});

describe('redirects', () => {
  const redirecting = async (location: (port: number) => string | undefined) => {
    const seen: string[] = [];
    const server = await serveHttp((request, response) => {
      seen.push(`${request.method} ${request.url}`);
      const to = location(server.port);
      if (request.url === '/end' || (to === undefined && request.url !== '/')) return void response.end('end');
      response.writeHead(302, to === undefined ? {} : { location: to }).end();
    });
    return Object.assign(server, { seen });
  };

  test('are an error, and the target is not asked', async () => {
    await using server = await redirecting(() => '/end');
    await expect(partner({}).request({ url: `http://127.0.0.1:${server.port}/` })).rejects.toMatchObject({
      code: 'upstream_rejected',
      message: 'partner: answered with a redirect',
    });
    expect(server.seen).toEqual(['GET /']);
  });

  test('on the same origin are followed where the call allows it', async () => {
    await using server = await redirecting((port) => `http://127.0.0.1:${port}/end`);
    const call = { url: `http://127.0.0.1:${server.port}/`, redirects: 'same-origin' as const };
    expect(Buffer.from((await partner({}).request(call)).body).toString()).toBe('end');
    expect(server.seen).toEqual(['GET /', 'GET /end']);
  });

  test.each(['POST', 'PUT', 'DELETE'] as const)('of a %s are never followed', async (method) => {
    await using server = await redirecting(() => '/end');
    const call = { url: `http://127.0.0.1:${server.port}/`, method, redirects: 'same-origin' as const };
    await expect(partner({}).request(call)).rejects.toMatchObject({ code: 'upstream_rejected' });
    expect(server.seen).toHaveLength(1);
  });

  test('end after three', async () => {
    await using server = await redirecting(() => '/again');
    const call = { url: `http://127.0.0.1:${server.port}/`, redirects: 'same-origin' as const };
    await expect(partner({}).request(call)).rejects.toMatchObject({ message: 'partner: more than 3 redirects' });
    expect(server.seen).toHaveLength(4);
  });

  test.each([
    (port: number) => `http://127.0.0.2:${port}/end`,
    (port: number) => `//127.0.0.2:${port}/end`,
    (port: number) => `https://127.0.0.1:${port}/end`,
    (port: number) => `http://127.0.0.1:${port + 1}/end`,
    (port: number) => `http://user@127.0.0.1:${port}/end`,
    () => 'file:///etc/passwd',
    () => 'http://169.254.169.254/latest/meta-data',
    () => 'https://[',
    () => undefined,
  ])('to anywhere else are refused (%#)', async (location) => {
    await using server = await redirecting(location);
    const call = { url: `http://127.0.0.1:${server.port}/`, redirects: 'same-origin' as const };
    await expect(partner({}).request(call)).rejects.toMatchObject({ code: 'upstream_rejected' });
    expect(server.seen).toEqual(['GET /']);
  });
});
