import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export const CREDENTIAL = 'the-partner-credential';

interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Somebody else's API, which remembers what it was asked. `/missing` is 404. */
export interface OutsideApi {
  readonly url: string;
  readonly received: Received[];
  stop(): Promise<void>;
}

export async function startOutsideApi(): Promise<OutsideApi> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const serve = async () => {
      const { method = '', url = '', headers } = request;
      received.push({ method, url, headers, body: await text(request) });
      const isMissing = url.includes('/missing');
      response.writeHead(isMissing ? 404 : method === 'POST' ? 201 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(isMissing ? { message: 'Not Found' } : { asked: url, calls: received.length }));
    };
    serve().catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    async stop() {
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
}
