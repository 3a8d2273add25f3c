import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** One request that reached it, and when. */
interface Arrived {
  readonly method: string;
  readonly url: string;
  readonly body: string;
  readonly authorization: string | undefined;
  readonly contentType: string | undefined;
  readonly at: number;
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** `reset` breaks the connection, `silence` never answers. */
type Behaviour = Answer | 'reset' | 'silence';

export interface ScriptedPartner extends AsyncDisposable {
  readonly port: number;
  /** How it behaves below this path, one request after the other; the last behaviour stays. Without: it says what it was sent. */
  behave(path: string, ...behaviours: readonly Behaviour[]): void;
  /** What reached it below this path. */
  arrived(path: string): readonly Arrived[];
}

/** An outside API that misbehaves when it is told to. Its certificate is that of the stack's partner API. */
export async function startScriptedPartner(certificates: string, port: number): Promise<ScriptedPartner> {
  const all: Arrived[] = [];
  const scripts = new Map<string, Behaviour[]>();
  const next = (url: string): Behaviour | undefined => {
    const script = [...scripts].find(([path]) => url.startsWith(path))?.[1] ?? [];
    return script.length > 1 ? script.shift() : script[0];
  };
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const { method = '', url = '', headers } = request;
    const body = await text(request);
    const { authorization, 'content-type': contentType } = headers;
    all.push({ method, url, body, authorization, contentType, at: performance.now() });
    const behaviour = next(url);
    if (behaviour === 'reset') request.socket.destroy();
    else if (behaviour !== 'silence') answer(response, behaviour ?? echo(request, body));
  };
  const read = (name: string) => readFileSync(join(certificates, name));
  const server = createServer({ key: read('server.key'), cert: read('server.pem') }, (request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    behave: (path, ...behaviours) => void scripts.set(path, [...behaviours]),
    arrived: (path) => all.filter(({ url }) => url.startsWith(path)),
    [Symbol.asyncDispose]: async () => {
      const closed = once(server.close(), 'close');
      server.closeAllConnections();
      await closed;
    },
  };
}

function answer(response: ServerResponse, { status, headers, body = '{}' }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
}

function echo({ method, url }: IncomingMessage, body: string): Answer {
  return { status: 200, body: JSON.stringify({ method, url, body }) };
}
