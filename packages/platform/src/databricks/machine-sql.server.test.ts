import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Secret } from '@causeway/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openMachineSql } from './machine-sql.ts';

/** A workspace that takes every statement, keeps it, and answers with one row. */
let server: Server;
let origin: string;
let truncated = false;
const statements: unknown[] = [];

beforeAll(async () => {
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const answers: Readonly<Record<string, () => object>> = {
      '/oidc/.well-known/oauth-authorization-server': () => ({ token_endpoint: `${origin}/oidc/v1/token` }),
      '/oidc/v1/token': () => ({ access_token: 't', token_type: 'Bearer', expires_in: 3600, scope: 'sql' }),
      '/api/2.0/sql/statements': () => {
        statements.push(JSON.parse(body));
        const columns = ['chain', 'n'].map((name) => ({ name, type_name: 'STRING' }));
        return {
          statement_id: 's',
          status: { state: 'SUCCEEDED' },
          manifest: { schema: { columns }, truncated },
          result: { data_array: [['main', null]] },
        };
      },
    };
    const found = answers[request.url ?? '']?.();
    response.writeHead(found === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(found ?? { error_code: 'RESOURCE_DOES_NOT_EXIST', message: '' }));
  };
  server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

const open = () =>
  openMachineSql({
    name: 'audit-worker',
    host: origin,
    network: ['127.0.0.0/8'],
    warehouseId: 'w1',
    clientId: 'c',
    clientSecret: new Secret('s'),
  });

const STATEMENT = { name: 'x', text: 'SELECT :chain, :n', values: { chain: "it's", n: 7 } };

test('values go beside the statement, each with its type, and rows come back as text by name', async () => {
  truncated = false;
  const sql = open();
  expect(await sql.run(STATEMENT)).toEqual([{ chain: 'main', n: null }]);
  expect(statements.at(-1)).toMatchObject({
    statement: 'SELECT :chain, :n',
    warehouse_id: 'w1',
    parameters: [
      { name: 'chain', type: 'STRING', value: "it's" },
      { name: 'n', type: 'BIGINT', value: '7' },
    ],
    query_tags: [{ key: 'service', value: 'audit-worker' }],
  });
  await sql.close();
});

test('an answer that was cut is none: a part of the trail must not pass for the whole', async () => {
  truncated = true;
  const sql = open();
  await expect(sql.run(STATEMENT)).rejects.toMatchObject({ code: 'upstream_rejected' });
  await sql.close();
});

test('to look after its health wakes up no warehouse', async () => {
  const before = statements.length;
  const sql = open();
  await sql.ping();
  expect(statements).toHaveLength(before);
  await sql.close();
});
