import type { BenchAnswer, BenchCase, BenchRequest } from '../bench-case.ts';

const request: BenchRequest = {
  method: 'POST',
  path: '/mcp',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({
    jsonrpc: '2.0',
    id: 7,
    method: 'tools/call',
    params: { name: 'hello', arguments: { name: 'x' } },
  }),
};

function isRight({ status, body }: BenchAnswer): boolean {
  const { id, result } = JSON.parse(body) as { id?: unknown; result?: { content?: [{ text?: unknown }] } };
  return status === 200 && id === 7 && result?.content?.[0].text === 'hello x';
}

const floors = new URL('../../floors/', import.meta.url);

export const benchCase: BenchCase = {
  name: 'json-rpc',
  what: 'POST of one JSON-RPC tools/call with a static answer: the floor under every tool call',
  targets: [
    { kind: 'http', name: 'node:http', floor: true, module: new URL('json-rpc.ts', floors), request, isRight },
    { kind: 'http', name: 'express.json', module: new URL('express-json-rpc.ts', floors), request, isRight },
  ],
};
