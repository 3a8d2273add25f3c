import type { IncomingMessage } from 'node:http';
import { HttpRefusal } from './http-refusal.ts';
import type { RequestCheck } from './request-check.ts';

export const BODY_BYTES_MAX = 1024 * 1024;

/** Refuses a body that says it is too large before any of it is read. One that does not say is bounded by its reader. */
export function limitBody(bytesMax: number): RequestCheck {
  return ({ headers }) => {
    if (Number(headers['content-length'] ?? 0) > bytesMax) throw tooLarge(bytesMax);
  };
}

/** The whole body, of at most `bytesMax`. */
export async function readBody(request: IncomingMessage, bytesMax = BODY_BYTES_MAX): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let length = 0;
  // Not `for await`: leaving that loop early destroys the socket, and the refusal would never arrive.
  request.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length <= bytesMax) chunks.push(chunk);
    else reject(tooLarge(bytesMax));
  });
  request.once('end', () => resolve(Buffer.concat(chunks)));
  request.once('error', (error) => reject(new HttpRefusal(400, 'the body ended early', { cause: error })));
  return promise;
}

const tooLarge = (bytesMax: number) => new HttpRefusal(413, `a body of more than ${bytesMax} bytes`);
