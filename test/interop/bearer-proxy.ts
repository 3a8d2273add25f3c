import { createServer, type IncomingHttpHeaders, request } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Proof } from '@causeway/test-e2e/mcp-world';

export interface BearerProxy extends AsyncDisposable {
  readonly url: string;
}

/** Brings the proof that a client cannot bring. Its own name and origin become the server's, as behind any proxy; foreign ones stay. */
export async function startBearerProxy(proof: Proof): Promise<BearerProxy> {
  const target = new URL(proof.url);
  const server = createServer((incoming, outgoing) => {
    const { hostname, port } = target;
    const { method, url: path } = incoming;
    const headers = { ...renamed(incoming.headers, own, target), ...proof.headers };
    const forwarded = request({ hostname, port, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    forwarded.on('error', () => outgoing.destroy());
    outgoing.on('close', () => forwarded.destroy());
    incoming.pipe(forwarded);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const own = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}${target.pathname}`);
  return {
    url: own.href,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function renamed(headers: IncomingHttpHeaders, own: URL, target: URL): IncomingHttpHeaders {
  return {
    ...headers,
    ...(headers.host === own.host && { host: target.host }),
    ...(headers.origin === own.origin && { origin: target.origin }),
  };
}
