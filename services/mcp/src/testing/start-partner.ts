// @peculiar/x509 finds its parts through it.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import * as x509 from '@peculiar/x509';

interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly authorization: string | undefined;
  readonly contentType: string | undefined;
  readonly body: string;
}

export interface TestPartner {
  readonly port: number;
  /** The last request that arrived. */
  readonly last: Received | undefined;
  readonly count: number;
  forget(): void;
  stop(): Promise<void>;
}

/** An outside API over TLS, whose certificate is written to `ca.pem` in the folder. */
export async function startPartner(dir: string): Promise<TestPartner> {
  const { key, cert } = await certificate();
  writeFileSync(join(dir, 'ca.pem'), cert);
  let received: Received[] = [];
  const server = createServer({ key, cert }, (request, response) => {
    const serve = async () => {
      const body = await text(request);
      const { authorization, 'content-type': contentType } = request.headers;
      received.push({ method: request.method, url: request.url, authorization, contentType, body });
      answer(request, response, body);
    };
    void serve();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get last() {
      return received.at(-1);
    },
    get count() {
      return received.length;
    },
    forget: () => {
      received = [];
    },
    stop: async () => {
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
}

function answer(
  { url = '', headers: { authorization } }: IncomingMessage,
  response: ServerResponse,
  body: string,
): void {
  const path = url.split('?')[0];
  const json = { 'content-type': 'application/json' };
  if (body.includes('fail')) response.writeHead(500, json).end('{"stack":"at secret.js:1"}');
  else if (path === '/base/redirect') response.writeHead(302, { location: '/elsewhere' }).end();
  else if (path === '/base/large') response.writeHead(200, { 'content-type': 'text/plain' }).end('x'.repeat(400_000));
  else if (path === '/base/binary') response.writeHead(200, { 'content-type': 'image/png' }).end('PNG');
  else if (path === '/base/repeats')
    response.writeHead(200, { 'content-type': `text/plain; by="${authorization}"` }).end(`by ${authorization}`);
  else if (path === '/base/missing') response.writeHead(404, json).end('{}');
  else response.writeHead(200, json).end('{"ok":true}');
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

async function certificate(): Promise<{ readonly key: string; readonly cert: string }> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=Test partner',
    notBefore: new Date(Date.now() - 3_600_000),
    notAfter: new Date(Date.now() + 86_400_000),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }])],
  });
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { key: x509.PemConverter.encode(key, 'PRIVATE KEY'), cert: made.toString('pem') };
}
