import type { Readable } from 'node:stream';

export interface CappedBody {
  readonly bytes: Uint8Array;
  readonly truncated: boolean;
}

/** Reads at most `maxBytes`, counting what really arrives: `content-length` is a claim of the other side. */
export async function readBody(body: Readable, maxBytes: number): Promise<CappedBody> {
  // Leaving the loop early destroys the stream, which reports that as an error event nobody else listens to.
  body.on('error', () => {});
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    chunks.push(chunk.subarray(0, maxBytes - size));
    size += chunk.byteLength;
    if (size > maxBytes) return { bytes: Buffer.concat(chunks), truncated: true };
  }
  return { bytes: Buffer.concat(chunks), truncated: false };
}
