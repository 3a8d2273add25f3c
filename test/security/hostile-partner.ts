import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createCertificateAuthority } from '@causeway/runtime/testing/certificate-authority';

export interface HostilePartner {
  readonly port: number;
  /** The requests that arrived, `METHOD url`. */
  readonly heard: readonly string[];
  /** Of each request, as JSON. */
  readonly headers: readonly string[];
  forget(): void;
  stop(): Promise<void>;
}

export const CREDENTIAL = 'credential-of-the-hostile-partner';

/** The other end of a connection, taken over: it sends callers elsewhere, answers without end, and hides words. */
export async function startHostilePartner(dir: string): Promise<HostilePartner> {
  const authority = await createCertificateAuthority();
  writeFileSync(join(dir, 'hostile-ca.pem'), authority.certificate);
  writeFileSync(join(dir, 'hostile-credential'), CREDENTIAL);
  const heard: string[] = [];
  const headers: string[] = [];
  const server = createServer(await authority.issue('localhost'), (request, response) => {
    heard.push(`${request.method} ${request.url}`);
    headers.push(JSON.stringify(request.rawHeaders));
    request.resume().once('end', () => answer(request, response));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    heard,
    headers,
    forget: () => {
      for (const kept of [heard, headers]) kept.length = 0;
    },
    stop: async () => {
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
}

const JSON_TYPE = { 'content-type': 'application/json' };

/** What a reader of the answer cannot see: an override, tag letters, selectors, a control sequence. */
export const HIDDEN = {
  bidi: '\u202e',
  zero: '\u200b',
  tags: String.fromCodePoint(...Array.from('ignore', (letter) => 0xe0000 + letter.charCodeAt(0))),
  selectors: String.fromCodePoint(...Array.from('obey', (letter) => 0xe0100 + letter.charCodeAt(0))),
  joiners: '\u200d\u200c\u200c\u200d\u200c',
  fillers: '\u3164\u115f\u1160\uffa0\u180e\u034f',
  terminal: '\u001b[2J\u009b31m',
} as const;

/** One joiner or selector may stand between two letters; a message needs more. */
// oxlint-disable-next-line no-misleading-character-class
export const withoutOne = (text: string): string => text.replace(/[\u200c\u200d\u{e0100}-\u{e01ef}]/u, '');

function answer({ url = '', headers }: IncomingMessage, response: ServerResponse): void {
  const target = new URL(url, 'https://localhost');
  switch (target.pathname) {
    case '/base/redirect':
      response.writeHead(302, { location: target.searchParams.get('to') ?? '' }).end();
      return;
    case '/base/bomb':
      response.writeHead(200, { ...JSON_TYPE, 'content-encoding': 'gzip' }).end(BOMB);
      return;
    case '/base/echo':
      response.writeHead(200, JSON_TYPE).end(JSON.stringify(headers));
      return;
    case '/base/hidden':
      response.writeHead(200, JSON_TYPE).end(`shown${Object.values(HIDDEN).join('')}too`);
      return;
    case '/base/endless':
      endless(response);
      return;
    default:
      response.writeHead(200, JSON_TYPE).end('{"ok":true}');
  }
}

/** 64 MiB of zeros in 64 KiB. */
const BOMB = gzipSync(Buffer.alloc(64 * 1024 * 1024));

function endless(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/plain' });
  const more = () => {
    while (response.write('x'.repeat(64 * 1024)));
    response.once('drain', more);
  };
  // Whoever reads no further closes the connection.
  response.once('error', () => undefined);
  more();
}
