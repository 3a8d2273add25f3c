import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';

export interface Sent {
  readonly url: string;
  /** The public name, wherever the connection goes. */
  readonly host: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Longer than the longest deadline of a tool that is called here. */
const PATIENCE_MS = 75_000;

const agent = new Agent({ keepAlive: true });

/** One POST, and no second try. Rejects when there is no whole answer. */
export function send({ url, host, headers, body }: Sent): Promise<{ status: number; text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const outgoing = request(url, { method: 'POST', agent, signal, headers: { ...headers, host } }, (response) => {
    text(response).then((whole) => resolve({ status: response.statusCode ?? 0, text: whole }), reject);
  });
  outgoing.on('error', reject).end(body);
  return promise;
}
