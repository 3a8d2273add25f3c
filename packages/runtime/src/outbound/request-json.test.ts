import { expect, test } from 'vitest';
import { z } from 'zod';
import type { OutboundCall, OutboundResponse } from './outbound-call.ts';
import { requestJson } from './request-json.ts';

const keys = z.object({ keys: z.array(z.object({ kid: z.string() })) });

function answering(body: string | Uint8Array, contentType?: string, status = 200) {
  const calls: OutboundCall[] = [];
  const request = async (call: OutboundCall): Promise<OutboundResponse> => {
    calls.push(call);
    const headers: Record<string, string> = contentType === undefined ? {} : { 'content-type': contentType };
    return { status, headers, body: Buffer.from(body), truncated: false };
  };
  return { calls, name: 'northwind', breaker: 'closed' as const, request, close: async () => {} };
}

const read = (dependency: ReturnType<typeof answering>) =>
  requestJson(dependency, { url: 'https://x.example/?secret=hunter2' }, keys);

test.each(['application/json', 'Application/JSON; charset=utf-8', 'application/jwk-set+json'])(
  'reads JSON of the type %s',
  async (type) => {
    const dependency = answering('{"keys":[{"kid":"a"}]}', type);
    expect(await read(dependency)).toEqual({ keys: [{ kid: 'a' }] });
    expect(dependency.calls[0]).toMatchObject({ headers: { accept: 'application/json' }, overflow: 'error' });
  },
);

test.each([
  ['<html>hunter2', 'text/html; charset=utf-8', 'northwind: answered text/html instead of JSON'],
  ['{"keys":[]}', undefined, 'northwind: answered no media type instead of JSON'],
  ['{"keys":[]}', 'te\u0001xt', 'northwind: answered no media type instead of JSON'],
  ['{"keys":hunter2', 'application/json', 'northwind: the answer is not JSON'],
  [new Uint8Array([0x22, 0xff, 0x22]), 'application/json', 'northwind: the answer is not JSON'],
  [
    '{"keys":[{"kid":"a"},{"hunter2":1}]}',
    'application/json',
    'northwind: the answer does not fit: keys.1.kid (invalid_type)',
  ],
  ['"hunter2"', 'application/json', 'northwind: the answer does not fit: the answer (invalid_type)'],
])('%s as %s is an unusable answer, and the error does not quote it', async (body, type, message) => {
  await expect(read(answering(body, type))).rejects.toMatchObject({ code: 'upstream_unavailable', message });
});

test.each([301, 304, 400, 401, 404])('status %d is a rejection', async (status) => {
  await expect(read(answering('{"keys":[]}', 'application/json', status))).rejects.toMatchObject({
    code: 'upstream_rejected',
    message: `northwind: answered ${status}`,
  });
});
