import { AppError } from '@causeway/core';
import type { OutboundCall, OutboundResponse } from '@causeway/runtime';
import { expect, test } from 'vitest';
import { TokenEndpoint } from './token-endpoint.ts';

const HOST = 'https://dbc-1.example';
const CONFIG = `${HOST}/.well-known/databricks-config`;
const METADATA = `${HOST}/oidc/.well-known/oauth-authorization-server`;
const TOKEN = `${HOST}/oidc/v1/token`;

type Site = Readonly<Record<string, object | AppError>>;

function start(site: Site) {
  const asked: string[] = [];
  const pages = { ...site };
  const request = async ({ url }: OutboundCall): Promise<OutboundResponse> => {
    asked.push(String(url));
    const page = pages[String(url)];
    if (page instanceof AppError) throw page;
    const [status, body] = page === undefined ? [404, { message: 'nothing here' }] : [200, page];
    return {
      status,
      headers: { 'content-type': 'application/json' },
      body: new TextEncoder().encode(JSON.stringify(body)),
      truncated: false,
    };
  };
  const dependency = { name: 'databricks', breaker: 'closed' as const, request, close: async () => undefined };
  return { asked, pages, endpoint: new TokenEndpoint({ dependency, host: HOST }) };
}

test('what the workspace says of itself, found once for everybody', async () => {
  const { asked, endpoint } = start({
    [CONFIG]: { oidc_endpoint: `${HOST}/oidc`, workspace_id: '1' },
    [METADATA]: { token_endpoint: TOKEN },
  });
  expect(await Promise.all([endpoint.url(), endpoint.url()])).toEqual([TOKEN, TOKEN]);
  await endpoint.url();
  expect(asked).toEqual([CONFIG, METADATA]);
});

test('the account is put in where the endpoint asks for it', async () => {
  const { endpoint } = start({
    [CONFIG]: { oidc_endpoint: `${HOST}/oidc/accounts/{account_id}`, account_id: 'a1' },
    [`${HOST}/oidc/accounts/a1/.well-known/oauth-authorization-server`]: { token_endpoint: `${HOST}/a1/token` },
  });
  expect(await endpoint.url()).toBe(`${HOST}/a1/token`);
});

test('an older workspace has its endpoints in a fixed place', async () => {
  const { endpoint } = start({ [METADATA]: { token_endpoint: TOKEN } });
  expect(await endpoint.url()).toBe(TOKEN);
});

test.each<readonly [string, Site]>([
  ['of the tokens', { [METADATA]: { token_endpoint: 'https://evil.example/token' } }],
  [
    'of the documents',
    { [CONFIG]: { oidc_endpoint: 'https://evil.example/oidc' }, [METADATA]: { token_endpoint: TOKEN } },
  ],
  ['on another port', { [METADATA]: { token_endpoint: `${HOST}:8443/token` } }],
  ['without TLS', { [METADATA]: { token_endpoint: TOKEN.replace('https', 'http') } }],
])('an endpoint %s on another host is not sent the portal’s word', async (_, site) => {
  const { asked, endpoint } = start(site);
  await expect(endpoint.url()).rejects.toMatchObject({ code: 'exchange_denied' });
  expect(asked.every((url) => url.startsWith(`${HOST}/`))).toBe(true);
});

test('a search that failed is forgotten', async () => {
  const { pages, endpoint } = start({ [METADATA]: new AppError('upstream_unavailable', 'down') });
  await expect(endpoint.url()).rejects.toMatchObject({ code: 'upstream_unavailable' });
  pages[METADATA] = { token_endpoint: TOKEN };
  expect(await endpoint.url()).toBe(TOKEN);
});

test('health asks the workspace, and needs nobody for it', async () => {
  await start({ [METADATA]: { token_endpoint: TOKEN } }).endpoint.ping();
  await expect(start({}).endpoint.ping()).rejects.toMatchObject({ code: 'upstream_rejected' });
});
