import { IncomingMessage, type ServerResponse } from 'node:http';
import type { Provider } from 'oidc-provider';

export type CallProvider = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Hands a request to the authorization server, which builds its addresses from what is said here and not by the caller. */
export function createCallProvider(provider: Provider): CallProvider {
  const handle = provider.callback();
  const { protocol, host } = new URL(provider.issuer);
  return async (request, response) => {
    request.headers['x-forwarded-proto'] = protocol.slice(0, -1);
    request.headers['x-forwarded-host'] = host;
    delete request.headers['x-forwarded-for'];
    await handle(request, response);
  };
}

/** The same request with a body that was read already, or with another one. */
export function withBody(request: IncomingMessage, url: string, body: string): IncomingMessage {
  const copy = new IncomingMessage(request.socket);
  const bytes = Buffer.from(body);
  const { 'transfer-encoding': _chunked, 'content-encoding': _encoded, ...headers } = request.headers;
  copy.method = 'POST';
  copy.url = url;
  copy.headers = {
    ...headers,
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': String(bytes.length),
  };
  // Otherwise its end would count as an aborted request, and take the socket with it.
  copy.complete = true;
  copy.push(bytes);
  copy.push(null);
  return copy;
}
