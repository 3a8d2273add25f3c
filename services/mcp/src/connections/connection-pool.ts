import { readFile } from 'node:fs/promises';
import { AppError } from '@causeway/core';
import type { OutsideCall, PlatformSession } from '@causeway/platform';
import { type Policy, type PolicyDocument, resolvePolicyFile } from '@causeway/policy';
import {
  ATTRIBUTE,
  createDependency,
  type Dependency,
  type OutboundResponse,
  SPAN,
  urlBelow,
  withSpan,
} from '@causeway/runtime';
import { allows } from './allow-list.ts';

/** The outside APIs of the policy, as one caller may use them. */
export interface Connections {
  request(name: string, call: OutsideCall): Promise<OutboundResponse>;
}

export interface ConnectionScope {
  readonly document: PolicyDocument;
  readonly platform: PlatformSession;
  readonly signal: AbortSignal;
  /** What an edit of the policy takes away is gone before the engine knows of the edit. */
  readonly takesAway: (name: string, call: OutsideCall) => boolean;
}

type Definition = Policy['connections'][string];

interface OpenConnection {
  readonly definition: Definition;
  readonly dependency: Dependency;
}

const ANSWER_BYTES_MAX = 256 * 1024;

/** One outbound client for each connection, for all callers. Whether a caller may use it is asked of the engine, each time. */
export class ConnectionPool {
  readonly #open = new Map<string, OpenConnection>();

  /** What is open, for metrics. */
  get dependencies(): readonly Dependency[] {
    return Array.from(this.#open.values(), ({ dependency }) => dependency);
  }

  as({ document, platform, signal, takesAway }: ConnectionScope): Connections {
    return {
      request: async (name, call) => {
        const definition = Object.hasOwn(document.policy.connections, name)
          ? document.policy.connections[name]
          : undefined;
        if (definition === undefined) throw new AppError('not_found', `there is no connection ${JSON.stringify(name)}`);
        const api = await platform.connection(name);
        if (!allows(definition.allow, call) || takesAway(name, call)) throw notAllowed(name);
        const url = urlBelow(definition.baseUrl, call.path, call.query);
        if (api !== 'granted')
          return withSpan(SPAN.externalApi, { [ATTRIBUTE.connection]: name }, () => api.request(call));
        const secret = await credential(document, definition);
        const { dependency } = this.#connection(name, definition, document);
        const response = await withSpan(SPAN.externalApi, { [ATTRIBUTE.connection]: name }, () =>
          dependency.request({
            url,
            method: call.method,
            headers: headersOf(call, secret),
            signal,
            bodyMaxBytes: ANSWER_BYTES_MAX,
            overflow: 'truncate',
            ...(call.body !== undefined && { body: JSON.stringify(call.body) }),
          }),
        );
        return secret === undefined ? response : withoutSecret(response, secret);
      },
    };
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.#open.values(), ({ dependency }) => dependency.close()));
    this.#open.clear();
  }

  // An edit of the policy makes a new client; the calls of the old one end by themselves.
  #connection(name: string, definition: Definition, document: PolicyDocument): OpenConnection {
    const known = this.#open.get(name);
    if (known?.definition === definition) return known;
    void known?.dependency.close();
    const { network, caFile } = definition;
    const dependency = createDependency({
      name: `connection ${name}`,
      network,
      caFile: caFile && resolvePolicyFile(document, caFile),
    });
    const connection = { definition, dependency };
    this.#open.set(name, connection);
    return connection;
  }
}

function notAllowed(name: string): AppError {
  return new AppError('access_denied', `the connection ${name} does not allow that method and path`, {
    safeDetail: 'The connection does not allow that method and path.',
  });
}

function headersOf({ body }: OutsideCall, secret: string | undefined): Record<string, string> {
  return {
    accept: 'application/json, text/*;q=0.5',
    'user-agent': 'causeway',
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...(secret !== undefined && { authorization: `Bearer ${secret}` }),
  };
}

/** Read each time, so that a rotated one holds at once, and seen nowhere but here. */
async function credential(document: PolicyDocument, { credentialFile: file }: Definition): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    return (await readFile(resolvePolicyFile(document, file), 'utf8')).trim();
  } catch (error) {
    throw new AppError('upstream_unavailable', `the credential ${file} cannot be read`, { cause: error });
  }
}

/** Some systems repeat the headers of a request, in an error or for who looks for one. With the credential a caller could go there alone. */
function withoutSecret(response: OutboundResponse, secret: string): OutboundResponse {
  if (secret === '') return response;
  const headers = Object.entries(response.headers).map(([name, value]) => [
    name,
    value.replaceAll(secret, '[credential]'),
  ]);
  return {
    ...response,
    headers: Object.fromEntries(headers) as OutboundResponse['headers'],
    body: bodyWithout(Buffer.from(response.body), secret),
  };
}

function bodyWithout(body: Buffer, secret: string): Buffer {
  if (!body.includes(secret)) return body;
  // Byte by byte, whatever the encoding of the rest.
  const cleaned = body.toString('latin1').replaceAll(Buffer.from(secret).toString('latin1'), '[credential]');
  return Buffer.from(cleaned, 'latin1');
}
