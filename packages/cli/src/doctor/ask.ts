import { request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { TLSSocket } from 'node:tls';

import { clockSkewMs } from '@causeway/runtime';

import { codeOf, Fault, wrong } from './doctor-check.ts';

export interface Question {
  readonly method?: 'GET' | 'POST';
  /** A header may be sent more than once. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array;
  readonly signal: AbortSignal;
}

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** How far the clock there is ahead of ours. */
  readonly skewMs: number | undefined;
  /** When the certificate ends, where there is one. */
  readonly certificateEndsAt: Date | undefined;
}

const BODY_MAX = 1024 * 1024;

/** One request as a stranger sends it. Nobody there, and a certificate that does not fit, are faults in words. */
export function ask(url: string, { method = 'GET', headers = {}, body, signal }: Question): Promise<Answered> {
  const { promise, resolve, reject } = Promise.withResolvers<Answered>();
  const send = url.startsWith('https:') ? requestTls : requestPlain;
  const sentAtMs = Date.now();
  const options = { method, headers: headers as Record<string, string | string[]>, agent: false, signal };
  const request = send(url, options, (response) => {
    const receivedAtMs = Date.now();
    const chunks: Buffer[] = [];
    let length = 0;
    response.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= BODY_MAX) chunks.push(chunk);
    });
    response.once('error', reject);
    const certificate = response.socket instanceof TLSSocket ? response.socket.getPeerCertificate() : undefined;
    response.once('end', () => {
      const flat = Object.entries(response.headers).map(([name, value]) => [name, String(value)] as const);
      const answered = Object.fromEntries(flat);
      resolve({
        status: response.statusCode ?? 0,
        headers: answered,
        body: Buffer.concat(chunks).toString(),
        skewMs: clockSkewMs(answered, { sentAtMs, receivedAtMs }),
        certificateEndsAt: certificate === undefined ? undefined : new Date(certificate.valid_to),
      });
    });
  });
  request.once('error', reject);
  request.end(body);
  return promise.catch((error: unknown) => {
    throw new Fault(unreachable(new URL(url).origin, codeOf(error)), error);
  });
}

function unreachable(origin: string, code: string) {
  if (/CERT|TLS|SSL|ERR_TLS|ALTNAME|SELF_SIGNED|UNABLE_TO/.test(code)) {
    return wrong(
      `the certificate of ${origin} is not good (${code})`,
      'no client that checks certificates can come',
      'give the edge the whole chain of a certificate for this name; for an authority of your own set NODE_EXTRA_CA_CERTS here',
    );
  }
  return wrong(
    `${origin} cannot be reached (${code})`,
    'nobody gets there from this machine',
    'look whether the process runs, then at DNS, firewalls and the edge; and whether the address in the settings is the public one',
  );
}

/** The body as an object; empty when it is none. */
export function json({ body }: Answered): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
